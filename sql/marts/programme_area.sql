-- mart.programme_area
-- Grain: one row per programme area (Grep)
-- Key: programme_area_code
-- Unit: codes
-- Sources: reference.programme_area
WITH source AS (
    SELECT * FROM reference.programme_area
),

final AS (
    SELECT
        code AS programme_area_code,
        programme_code,
        level::SMALLINT AS level,
        name,
        builds_on,
        leads_to
    FROM source
)

SELECT * FROM final
