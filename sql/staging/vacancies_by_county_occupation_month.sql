-- staging.vacancies_by_county_occupation_month
-- Grain: one row per county (0: the country) × occupation group × month
-- Key: county_code, occupation_group, month
-- Unit: new vacancies in the month
-- Sources: raw.nav_vacancies
WITH source AS (
    SELECT * FROM raw.nav_vacancies
),

renamed AS (
    SELECT
        CASE WHEN block = 'country' THEN '0' ELSE regexp_extract(area, '^[0-9]{2}') END
            AS county_code,
        occupation_group,
        make_date(left(period, 4)::INTEGER, right(period, 2)::INTEGER, 1) AS month,
        vacancies::BIGINT AS vacancies,
        vacancies_mark AS mark,
        FALSE AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
