-- staging.education_level_by_county
-- Grain: one row per county (borders of the year) × education level × contents × year
-- Key: county_code, level_code, contents_code, year
-- Unit: as contents_code says: persons aged 16 and over
-- Sources: raw.ssb_education_level
WITH source AS (
    SELECT * FROM raw.ssb_education_level
),

renamed AS (
    SELECT
        "Region"::VARCHAR AS county_code,
        "Nivaa"::VARCHAR AS level_code,
        "ContentsCode"::VARCHAR AS contents_code,
        "Tid"::VARCHAR::SMALLINT AS year,
        value,
        status,
        coalesce(status = 'constructed', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
    WHERE coalesce(status, '') != '.'
)

SELECT * FROM final
