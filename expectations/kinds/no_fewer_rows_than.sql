-- no_fewer_rows_than
-- Category: value
-- Demands: the table has at least so many rows
-- Parameter least: the least number of rows
-- Parameter most = NULL: the largest number of rows
-- Shows: how many there are
-- Damage: delete rows until there are too few
SELECT count(*) AS number_of_rows FROM {batch}
HAVING count(*) < {least} OR count(*) > {most}
