-- between
-- Category: value
-- Demands: a figure is no less and no more than what is possible; an empty one passes
-- Parameter column: the column
-- Parameter least = NULL: the least that passes
-- Parameter most = NULL: the most that passes
-- Shows: the rows
-- Damage: set the column of a row to less than the least, or more than the most
SELECT * FROM {batch}
WHERE {column} < {least} OR {column} > {most}
