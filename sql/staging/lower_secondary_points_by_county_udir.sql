-- staging.lower_secondary_points_by_county_udir
-- Grain: one row per county (0: the country) × year of leaving grade 10
-- Key: county_code, year
-- Unit: mean of points from lower secondary school
-- Sources: raw.udir_lower_secondary_points
WITH source AS (
    SELECT * FROM raw.udir_lower_secondary_points
),

renamed AS (
    SELECT
        CASE WHEN level = 'Fylke' THEN kode ELSE '0' END AS county_code,
        -- "2024-25" is left in 2025.
        left(column_1, 4)::SMALLINT + 1 AS year,
        value::DECIMAL(4, 1) AS points,
        status,
        constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
    WHERE points IS NOT NULL OR status IS NOT NULL
)

SELECT * FROM final
