-- staging.occupation
-- Grain: one row per code on the date asked for
-- Key: occupation_code
-- Unit: codes (KLASS 7, STYRK-08)
-- Sources: raw.klass_occupations
WITH source AS (
    SELECT * FROM raw.klass_occupations
),

renamed AS (
    SELECT
        code AS occupation_code,
        "parentCode" AS parent_code,
        level,
        name AS occupation
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
