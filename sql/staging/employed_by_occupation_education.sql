-- staging.employed_by_occupation_education
-- Grain: one row per occupation (STYRK-08, 2 digits) × level of education × year
-- Key: occupation_code, education_level_code, year
-- Unit: employed persons, the whole country
-- Sources: raw.ssb_employed_by_occupation_education, raw.ssb_employed_by_occupation_education_codes
WITH source AS (
    SELECT * FROM raw.ssb_employed_by_occupation_education
),

level_names AS (
    SELECT
        code,
        label
    FROM raw.ssb_employed_by_occupation_education_codes
    WHERE dimension = 'Nivaa'
),

renamed AS (
    SELECT
        source."Yrke"::VARCHAR AS occupation_code,
        source."Nivaa"::VARCHAR AS education_level_code,
        level_names.label AS education_level,
        source."Tid"::VARCHAR::SMALLINT AS year,
        source.value::BIGINT AS persons,
        nullif(source.status, 'constructed') AS status,
        coalesce(source.status = 'constructed', FALSE) AS constructed
    FROM source
    LEFT JOIN level_names ON source."Nivaa"::VARCHAR = level_names.code
),

final AS (
    SELECT * FROM renamed
    WHERE coalesce(status, '') != '.'
)

SELECT * FROM final
