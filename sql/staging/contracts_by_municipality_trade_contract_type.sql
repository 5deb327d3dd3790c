-- staging.contracts_by_municipality_trade_contract_type
-- Grain: one row per day of the count × trade × municipality (50: the county) × contract type
-- Key: counted_on, trade_code, municipality_code, contract_type_code
-- Unit: contracts running on the day; * where closed
-- Sources: raw.county_contracts
WITH source AS (
    SELECT * FROM raw.county_contracts
),

renamed AS (
    SELECT
        telt::DATE AS counted_on,
        laerefag AS trade_code,
        kommune AS municipality_code,
        kontraktstype AS contract_type_code,
        nullif(kontrakter, '*')::INTEGER AS contracts,
        CASE WHEN kontrakter = '*' THEN '*' END AS mark,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
