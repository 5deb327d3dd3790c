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
        pupils BETWEEN 1 AND 4 AS is_small,
        count(*) FILTER (WHERE pupils BETWEEN 1 AND 4)
            OVER (PARTITION BY school_year_start, level, status)
            AS small_in_group,
        row_number() OVER (
            PARTITION BY school_year_start, level, status, pupils BETWEEN 1 AND 4
            ORDER BY pupils, programme_area_code
        ) AS place
    FROM counted
),

final AS (
    SELECT
        school_year_start,
        programme_area_code,
        level,
        status,
        -- One closed cell alone follows from the sum of its group: the smallest other goes with it.
        not(is_small OR (small_in_group = 1 AND place = 1)) AS is_open,
        CASE WHEN is_open THEN pupils END AS pupils,
        constructed
    FROM small
)

SELECT * FROM final
