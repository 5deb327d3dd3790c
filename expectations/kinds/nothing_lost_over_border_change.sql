-- nothing_lost_over_border_change
-- Category: border
-- Demands: what was carried to today's borders adds up to what the source told
-- Parameter value: the figure here, a sum
-- Parameter by: the columns to compare by, here
-- Parameter other: the table before it was carried, or a query in parentheses
-- Parameter other_value = {value}: the figure there, a sum
-- Parameter other_by = {by}: the columns to compare by, there
-- Parameter names = {by}: what these columns are called in both
-- Parameter where = TRUE: the rows here that are compared
-- Parameter other_where = TRUE: the rows there
-- Parameter absolute = 0: what rounding may do
-- Parameter both = FALSE: whether a group that only one of the tables has is against it
-- Shows: the group, the figure here and the figure there
-- Damage: delete the rows of one municipality
SELECT *
FROM (
    SELECT {by}, {value} AS here
    FROM {batch}
    WHERE {where}
    GROUP BY ALL
) AS ours
FULL JOIN (
    SELECT {other_by}, {other_value} AS there
    FROM {other} AS other_table
    WHERE {other_where}
    GROUP BY ALL
) AS theirs
    USING ({names})
WHERE
    abs(here - there) > {absolute}
    OR ({both} AND (here IS NULL) != (there IS NULL))
