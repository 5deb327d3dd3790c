-- staging.contracts_by_area_trade_contract_type
-- Grain: one row per day of the count × trade × county, intake region or municipality × contract
--   type (*: all; of municipalities that alone)
-- Key: counted_on, trade_code, area_code, contract_type_code
-- Unit: contracts running on the day; * where closed
-- Sources: raw.county_contracts
WITH source AS (
    SELECT * FROM raw.county_contracts
),

renamed AS (
    SELECT
        telt::DATE AS counted_on,
        laerefag AS trade_code,
        sted AS area_code,
        CASE kontraktstype WHEN 'alle' THEN '*' ELSE kontraktstype END AS contract_type_code,
        nullif(kontrakter, '*')::INTEGER AS contracts,
        CASE WHEN kontrakter = '*' THEN '*' END AS mark,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
