-- staging.certificates_by_municipality_trade_route
-- Grain: one row per year × trade × municipality (50: the county) × route to the certificate
-- Key: year, trade_code, municipality_code, route_code
-- Unit: trade and journeyman certificates passed in the year; * where closed
-- Sources: raw.county_certificates
WITH source AS (
    SELECT * FROM raw.county_certificates
),

renamed AS (
    SELECT
        aar::SMALLINT AS year,
        laerefag AS trade_code,
        kommune AS municipality_code,
        vei AS route_code,
        nullif(fagbrev, '*')::INTEGER AS certificates,
        CASE WHEN fagbrev = '*' THEN '*' END AS mark,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
