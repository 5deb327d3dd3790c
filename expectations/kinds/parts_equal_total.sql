-- parts_equal_total
-- Category: total
-- Demands: the parts add up to the total. A closed part is between none and `closed_at_most`, so the
-- open parts never exceed the total, and what is missing is no more than the closed ones can hold.
-- Parameter value: the column of figures
-- Parameter parts: which rows are parts
-- Parameter total: which row is the total
-- Parameter by: the columns that parts and total have in common
-- Parameter where = TRUE: the rows that are held to it
-- Parameter tolerance = 0: what rounding may do
-- Parameter closed = count(*) FILTER (WHERE ({parts}) AND {value} IS NULL): how many parts are closed
-- Parameter closed_at_most = 4: the most that a closed part can be; 1e9 where the source also closes
-- large figures, so that nobody can reckon small ones out
-- Parameter no_total = TRUE: whether parts without a total pass
-- Shows: what they have in common, the parts together, the total, and how many parts are closed
-- Damage: double the largest part
SELECT *
FROM (
    SELECT
        {by},
        sum({value}) FILTER (WHERE {parts}) AS sum_of_parts,
        sum({value}) FILTER (WHERE {total}) AS the_total,
        {closed} AS closed_parts,
        count(*) FILTER (WHERE {parts}) AS parts_told
    FROM {batch}
    WHERE {where}
    GROUP BY ALL
) AS sums
WHERE
    parts_told > 0
    AND (
        sum_of_parts > the_total + {tolerance}
        OR coalesce(sum_of_parts, 0)
        < the_total - {tolerance} - coalesce(closed_parts, 0) * {closed_at_most}
        OR (the_total IS NULL AND sum_of_parts IS NOT NULL AND NOT {no_total})
    )
