-- staging.education
-- Grain: one row per code on the date asked for
-- Key: education_code
-- Unit: codes (KLASS 36, NUS2000)
-- Sources: raw.klass_educations
WITH source AS (
    SELECT * FROM raw.klass_educations
),

renamed AS (
    SELECT
        code AS education_code,
        "parentCode" AS parent_code,
        level,
        name AS education
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
