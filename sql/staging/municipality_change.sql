-- staging.municipality_change
-- Grain: one row per old code × new code × date of change; a pure rename has the same code twice
-- Key: old_code, new_code, changed_on
-- Unit: codes (KLASS 131)
-- Sources: raw.klass_municipality_changes
WITH source AS (
    SELECT * FROM raw.klass_municipality_changes
),

renamed AS (
    SELECT
        "oldCode" AS old_code,
        "oldName" AS old_name,
        "newCode" AS new_code,
        "newName" AS new_name,
        "changeOccurred"::DATE AS changed_on
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
