-- staging.neet_by_county_age
-- Grain: one row per county × age group × contents × year
-- Key: county_code, age_group, contents_code, year
-- Unit: as contents_code says: per cent outside employment, education and labour-market measures
-- Sources: raw.ssb_neet
WITH source AS (
    SELECT * FROM raw.ssb_neet
),

renamed AS (
    SELECT
        "Region"::VARCHAR AS county_code,
        "Alder"::VARCHAR AS age_group,
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
