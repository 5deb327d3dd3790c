-- staging.certificates_by_area_trade_route
-- Grain: one row per year × trade × county, intake region or municipality × route to the
--   certificate (*: all; of municipalities that alone)
-- Key: year, trade_code, area_code, route_code
-- Unit: trade and journeyman certificates passed in the year; * where closed
-- Sources: raw.county_certificates
WITH source AS (
    SELECT * FROM raw.county_certificates
),

renamed AS (
    SELECT
        aar::SMALLINT AS year,
        laerefag AS trade_code,
        sted AS area_code,
        CASE vei WHEN 'alle' THEN '*' ELSE vei END AS route_code,
        nullif(fagbrev, '*')::INTEGER AS certificates,
        CASE WHEN fagbrev = '*' THEN '*' END AS mark,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
