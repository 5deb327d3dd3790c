-- staging.employed_by_municipality_industry
-- Grain: one row per municipality × industry group × year (4th quarter)
-- Key: municipality_code, industry_code, contents_code, year
-- Unit: employed persons aged 15–74 by place of work
-- Sources: raw.ssb_employed_by_industry
WITH source AS (
    SELECT * FROM raw.ssb_employed_by_industry
),

renamed AS (
    SELECT
        "Region"::VARCHAR AS municipality_code,
        "NACE2007"::VARCHAR AS industry_code,
        "ContentsCode"::VARCHAR AS contents_code,
        "Tid"::VARCHAR::SMALLINT AS year,
        value::INTEGER AS employed,
        status,
        coalesce(status = 'constructed', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
    WHERE coalesce(status, '') != '.'
)

SELECT * FROM final
