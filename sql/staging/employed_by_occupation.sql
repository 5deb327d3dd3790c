-- staging.employed_by_occupation
-- Grain: one row per occupation (STYRK-08, 4 digits) × sex × age group × year (4th quarter)
-- Key: occupation_code, sex_code, age_group, year
-- Unit: employed persons, the whole country
-- Sources: raw.ssb_employed_by_occupation
WITH source AS (
    SELECT * FROM raw.ssb_employed_by_occupation
),

renamed AS (
    SELECT
        "Yrke"::VARCHAR AS occupation_code,
        "Kjonn"::VARCHAR AS sex_code,
        "Alder"::VARCHAR AS age_group,
        "Tid"::VARCHAR::SMALLINT AS year,
        value::BIGINT AS persons,
        nullif(status, 'constructed') AS status,
        coalesce(status = 'constructed', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
    WHERE coalesce(status, '') != '.'
)

SELECT * FROM final
