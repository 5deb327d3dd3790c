-- restricted.apprentices_by_trade_contract_type
-- Grain: one row per count date × trade × programme × contract type
-- Key: counted_on, trade_code, programme_code, contract_type
-- Unit: contracts running on the day; kept when the persons are deleted
-- Sources: raw.vigo_apprentices_totals
WITH source AS (
    SELECT * FROM raw.vigo_apprentices_totals
),

renamed AS (
    SELECT
        tellingsdato::DATE AS counted_on,
        laerefag AS trade_code,
        utdanningsprogram AS programme_code,
        kontraktstype AS contract_type,
        antall AS contracts,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT
        counted_on,
        trade_code,
        programme_code,
        contract_type,
        sum(contracts)::BIGINT AS contracts,
        bool_or(constructed) AS constructed
    FROM renamed
    GROUP BY ALL
)

SELECT * FROM final
