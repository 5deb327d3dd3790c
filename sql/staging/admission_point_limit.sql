-- staging.admission_point_limit
-- Grain: one row per school × offer × level × year × round, as the source lists it
-- Key: school, offer, occurrence, level, year, round
-- Unit: points of the last who was offered a place; none where all were
-- Sources: raw.vilbli_point_limits
WITH source AS (
    SELECT * FROM raw.vilbli_point_limits
),

renamed AS (
    SELECT
        school,
        program AS offer,
        occurrence::SMALLINT AS occurrence,
        category AS category_code,
        level,
        year::SMALLINT AS year,
        coalesce(round, '1') AS round,
        points::DECIMAL(4, 1) AS points,
        status = 'open' AS is_open,
        FALSE AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
