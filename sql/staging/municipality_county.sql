-- staging.municipality_county
-- Grain: one row per municipality in use
-- Key: municipality_code
-- Unit: codes (correspondence KLASS 131 to 104)
-- Sources: raw.klass_municipality_county
WITH source AS (
    SELECT * FROM raw.klass_municipality_county
),

renamed AS (
    SELECT
        "sourceCode" AS municipality_code,
        "sourceName" AS municipality,
        "targetCode" AS county_code,
        "targetName" AS county
    FROM source
),

-- A rename gives a second correspondence with the same codes; the newest name is listed last.
final AS (
    SELECT
        municipality_code,
        last(municipality) AS municipality,
        last(county_code) AS county_code,
        last(county) AS county
    FROM renamed
    GROUP BY municipality_code
)

SELECT * FROM final
