-- staging.job_seekers_by_county_occupation_month
-- Grain: one row per county (0: the country) × occupation group × month
-- Key: county_code, occupation_group, month
-- Unit: persons fully or partly unemployed, or on labour-market measures
-- Sources: raw.nav_job_seekers
WITH source AS (
    SELECT * FROM raw.nav_job_seekers
),

renamed AS (
    SELECT
        CASE WHEN area = 'Landet' THEN '0' ELSE regexp_extract(area, '^[0-9]{2}') END
            AS county_code,
        occupation_group,
        make_date(left(period, 4)::INTEGER, right(period, 2)::INTEGER, 1) AS month,
        persons::BIGINT AS persons,
        persons_mark AS mark,
        FALSE AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
