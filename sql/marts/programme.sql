-- mart.programme
-- Grain: one row per utdanningsprogram
-- Key: programme_code
-- Unit: codes
-- Sources: reference.utdanningsprogram
WITH source AS (
    SELECT * FROM reference.utdanningsprogram
),

final AS (
    SELECT
        programme_code,
        udir_id,
        name,
        branch,
        county_wide = 'true' AS county_wide,
        confidence
    FROM source
)

SELECT * FROM final
