-- mart.applications_by_programme_area_priority
-- Grain: one row per year × applied for × right × programme area × level × priority
-- Key: application_year, applies_for, right_to_education, programme_area_code, level, priority
-- Unit: applications in the county; null where it could tell of fewer than five persons
-- Sources: restricted.applicants_by_programme_area_priority
WITH counted AS (
    SELECT
        application_year,
        applies_for,
        right_to_education,
        programme_area_code,
        level,
        priority,
        sum(applications)::BIGINT AS applications,
        bool_or(constructed) AS constructed
    FROM restricted.applicants_by_programme_area_priority
    GROUP BY ALL
),

small AS (
    SELECT
        *,
        applications BETWEEN 1 AND 4 AS is_small,
        count(*) FILTER (WHERE applications BETWEEN 1 AND 4)
            OVER (PARTITION BY application_year, applies_for, right_to_education, level, priority)
            AS small_in_group,
        row_number() OVER (
            PARTITION BY
                application_year,
                applies_for,
                right_to_education,
                level,
                priority,
                applications BETWEEN 1 AND 4
            ORDER BY applications, programme_area_code
        ) AS place
    FROM counted
),

final AS (
    SELECT
        application_year,
        applies_for,
        right_to_education,
        programme_area_code,
        level,
        priority,
        -- One closed cell alone follows from the sum of its group: the smallest other goes with it.
        not(is_small OR (small_in_group = 1 AND place = 1)) AS is_open,
        CASE WHEN is_open THEN applications END AS applications,
        constructed
    FROM small
)

SELECT * FROM final
