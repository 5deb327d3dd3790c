-- mart.pupils_left_by_programme_area
-- Grain: one row per school year start × programme area × level × status
-- Key: school_year_start, programme_area_code, level, status
-- Unit: pupils; null where it could tell of fewer than five persons
-- Sources: restricted.pupils_by_school_programme_area_status
WITH counted AS (
    SELECT
        school_year_start,
        programme_area_code,
        level,
        status,
        sum(pupils)::BIGINT AS pupils,
        bool_or(constructed) AS constructed
    FROM restricted.pupils_by_school_programme_area_status
    GROUP BY ALL
),

small AS (
    SELECT
        *,
        pupils BETWEEN 1 AND 4 AS is_small
    FROM counted
),

-- Who knows the sum of a group can work out a closed cell that is alone in it, and closed cells
-- that can only be one person each: the smallest other cell of the group is closed with them.
-- First the programmes, whose sums others publish.
programmes AS (
    SELECT
        *,
        count(*) FILTER (WHERE is_small) OVER programme AS closed_cells,
        sum(pupils) FILTER (WHERE is_small) OVER programme AS closed_persons,
        row_number() OVER (
            PARTITION BY
                school_year_start,
                left(programme_area_code, 2),
                is_small
            ORDER BY
                pupils,
                programme_area_code,
                level,
                status
        ) AS place
    FROM small
    WINDOW programme AS (
        PARTITION BY
            school_year_start,
            left(programme_area_code, 2)
    )
),

closed_in_programmes AS (
    SELECT
        * EXCLUDE (closed_cells, closed_persons, place),
        is_small
        OR coalesce(place = 1 AND (closed_cells = 1 OR closed_persons = closed_cells), FALSE)
            AS is_closed
    FROM programmes
),

-- Then the groups that stand side by side here.
grouped AS (
    SELECT
        *,
        count(*) FILTER (WHERE is_closed) OVER side_by_side AS closed_cells,
        sum(pupils) FILTER (WHERE is_closed) OVER side_by_side AS closed_persons,
        row_number() OVER (
            PARTITION BY
                school_year_start,
                level,
                status,
                is_closed
            ORDER BY
                pupils,
                programme_area_code
        ) AS place
    FROM closed_in_programmes
    WINDOW side_by_side AS (
        PARTITION BY
            school_year_start,
            level,
            status
    )
),

final AS (
    SELECT
        school_year_start,
        programme_area_code,
        level,
        status,
        not(
            is_closed
            OR coalesce(place = 1 AND (closed_cells = 1 OR closed_persons = closed_cells), FALSE)
        ) AS is_open,
        CASE WHEN is_open THEN pupils END AS pupils,
        constructed
    FROM grouped
)

SELECT * FROM final
