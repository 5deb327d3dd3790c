-- staging.lower_secondary_points_by_county
-- Grain: one row per county × year of leaving lower-secondary school
-- Key: county_code, year
-- Unit: mean points (0-60)
-- Sources: raw.ssb_lower_secondary_points
WITH source AS (
    SELECT * FROM raw.ssb_lower_secondary_points
),

renamed AS (
    SELECT
        "Region"::VARCHAR AS county_code,
        "Tid"::VARCHAR::SMALLINT AS year,
        value::DECIMAL(4, 1) AS points,
        nullif(status, 'constructed') AS status,
        coalesce(status = 'constructed', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
    -- A county that did not exist that year has the figure 0.
    WHERE coalesce(status, '') != '.' AND points IS DISTINCT FROM 0
)

SELECT * FROM final
