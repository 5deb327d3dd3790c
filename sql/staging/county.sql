-- staging.county
-- Grain: one row per code on the date asked for
-- Key: county_code
-- Unit: codes (KLASS 104)
-- Sources: raw.klass_counties
WITH source AS (
    SELECT * FROM raw.klass_counties
),

renamed AS (
    SELECT
        code AS county_code,
        "parentCode" AS parent_code,
        level,
        name AS county
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
