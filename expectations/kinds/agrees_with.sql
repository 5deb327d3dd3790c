-- agrees_with
-- Category: comparison
-- Demands: two tables tell the same, or tell figures that stand in a known relation to each other
-- Parameter value: the figure here, a sum
-- Parameter by: the columns to compare by, here
-- Parameter other: the other table, or a query in parentheses
-- Parameter other_value = {value}: the figure there, a sum
-- Parameter other_by = {by}: the columns to compare by, there
-- Parameter names = {by}: what these columns are called in both
-- Parameter where = TRUE: the rows here that are compared
-- Parameter other_where = TRUE: the rows there
-- Parameter lowest = 1: the least that the figure here may be, as a share of the one there
-- Parameter highest = 1: the most
-- Parameter absolute = 0: what it may be beyond these, as a number
-- Parameter both = FALSE: whether a group that only one of the tables has is against it
-- Shows: the group, the figure here and the figure there
-- Damage: multiply the figures here by three
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
    here NOT BETWEEN {lowest} * there - {absolute} AND {highest} * there + {absolute}
    OR ({both} AND (here IS NULL) != (there IS NULL))
