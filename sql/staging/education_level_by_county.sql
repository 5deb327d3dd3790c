-- staging.education_level_by_county
-- Grain: one row per county (borders of the year) × education level × contents × year
-- Key: county_code, level_code, contents_code, year
-- Unit: as contents_code says: persons aged 16 and over
-- Sources: raw.ssb_education_level, raw.ssb_education_level_codes
WITH source AS (
    SELECT * FROM raw.ssb_education_level
),

level_names AS (
    SELECT
        code,
        label
    FROM raw.ssb_education_level_codes
    WHERE dimension = 'Nivaa'
),

renamed AS (
    SELECT
        source."Region"::VARCHAR AS county_code,
        source."Nivaa"::VARCHAR AS level_code,
        level_names.label AS education_level,
        source."ContentsCode"::VARCHAR AS contents_code,
        source."Tid"::VARCHAR::SMALLINT AS year,
        source.value,
        source.status,
        coalesce(source.status = 'constructed', FALSE) AS constructed
    FROM source
    LEFT JOIN level_names ON source."Nivaa"::VARCHAR = level_names.code
),

final AS (
    SELECT * FROM renamed
    WHERE coalesce(status, '') != '.'
)

SELECT * FROM final
