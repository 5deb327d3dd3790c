-- staging.job_seekers_and_vacancies_by_area_month
-- Grain: one row per area (0: the country, or a county) × occupation group × month
-- Key: area, occupation_group, month
-- Unit: persons fully or partly unemployed or on labour-market measures; vacancies advertised
-- Sources: raw.nav_job_seekers_and_vacancies, reference.county_name
WITH source AS (
    -- Municipalities of one county stand in the same table; the feed has all of them.
    SELECT * FROM raw.nav_job_seekers_and_vacancies
    WHERE "Nivå" IN ('Landet', 'Fylker')
),

renamed AS (
    SELECT
        "Geografisk enhet" AS area,
        "Yrke" AS occupation_group,
        "Dato"::DATE AS month,
        "Antall søkere"::DOUBLE::BIGINT AS persons,
        "Antall utlyste stillinger"::DOUBLE::BIGINT AS vacancies
    FROM source
),

final AS (
    SELECT
        renamed.area,
        CASE WHEN renamed.area = 'Landet' THEN '0' ELSE county_name.county_code END AS county_code,
        renamed.occupation_group,
        renamed.month,
        renamed.persons,
        renamed.vacancies,
        FALSE AS constructed
    FROM renamed
    LEFT JOIN reference.county_name
        ON
            renamed.area = county_name.name
            AND renamed.month >= coalesce(county_name.valid_from::DATE, DATE '0001-01-01')
            AND renamed.month < coalesce(county_name.valid_to::DATE, DATE '9999-12-31')
)

SELECT * FROM final
