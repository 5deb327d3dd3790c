-- staging.industry
-- Grain: one row per code on the date asked for
-- Key: industry_code
-- Unit: codes (KLASS 6, SN2007)
-- Sources: raw.klass_industries
WITH source AS (
    SELECT * FROM raw.klass_industries
),

renamed AS (
    SELECT
        code AS industry_code,
        "parentCode" AS parent_code,
        level,
        name AS industry
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
