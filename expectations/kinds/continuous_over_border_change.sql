-- continuous_over_border_change
-- Category: border
-- Demands: on today's borders, no series jumps in the year that the borders changed more than it
-- otherwise does. A robust z-score of the log change, less what all areas have in common that year.
-- Parameter value: the figure
-- Parameter area: the column of areas
-- Parameter year: the year of the row, a whole number
-- Parameter by = '': columns that split the series further
-- Parameter where = TRUE: the rows that are held to it
-- Parameter years = 2018, 2020, 2024: the years whose step from the one before is looked at
-- Parameter limit = 6: the largest score that passes
-- Parameter floor = 0.03: the least spread of a log change
-- Shows: the area, the year, the figure the year before and that year, and the score
-- Damage: double the figures of one area from 2020 on
WITH series AS (
    SELECT
        {area} AS area,
        concat_ws(' ', {by}) AS split,
        {year} AS year,
        sum({value}) AS figure
    FROM {batch}
    WHERE {where}
    GROUP BY ALL
),

steps AS (
    SELECT
        *,
        lag(figure) OVER one AS figure_before,
        ln(figure + 1) - ln(lag(figure) OVER one + 1) AS change
    FROM series
    WHERE figure >= 0
    WINDOW one AS (PARTITION BY area, split ORDER BY year)
),

own AS (
    SELECT
        *,
        -- What few areas have in common may be their own.
        change - CASE
            WHEN count(*) OVER one_year >= 5 THEN median(change) OVER one_year
            ELSE 0
        END AS own_change
    FROM steps
    WHERE change IS NOT NULL
    WINDOW one_year AS (PARTITION BY split, year)
),

usual AS (
    SELECT
        area,
        split,
        1.4826 * mad(own_change) AS spread
    FROM own
    WHERE year NOT IN ({years})
    GROUP BY area, split
)

SELECT
    own.area,
    own.split,
    own.year,
    own.figure_before,
    own.figure,
    round(
        own.own_change
        / sqrt(greatest(coalesce(usual.spread, 0), {floor}) ** 2 + 1 / greatest(figure_before, 1)),
        1
    ) AS score
FROM own
LEFT JOIN usual
    ON own.area = usual.area AND own.split = usual.split
WHERE
    own.year IN ({years})
    AND abs(own.own_change) > {limit}
    * sqrt(greatest(coalesce(usual.spread, 0), {floor}) ** 2 + 1 / greatest(figure_before, 1))
