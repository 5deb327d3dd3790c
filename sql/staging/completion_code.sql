-- staging.completion_code
-- Grain: one row per dimension × code of Statistics Norway's table of completion
-- Key: dimension, code
-- Unit: codes and their names at the source
-- Sources: raw.ssb_completion_codes
WITH source AS (
    SELECT * FROM raw.ssb_completion_codes
),

renamed AS (
    SELECT
        "dimension"::VARCHAR AS dimension,
        code::VARCHAR AS code,
        label AS name,
        position::INTEGER AS position,
        unit
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
