-- restricted.certificates_by_trade_contract_type
-- Grain: one row per year × trade × programme × contract type × result
-- Key: year, trade_code, programme_code, contract_type, result
-- Unit: trade and journeyman tests; kept when the persons are deleted
-- Sources: raw.vigo_certificates_totals
WITH source AS (
    SELECT * FROM raw.vigo_certificates_totals
),

renamed AS (
    SELECT
        proveaar::SMALLINT AS year,
        laerefag AS trade_code,
        utdanningsprogram AS programme_code,
        kontraktstype AS contract_type,
        CASE resultat
            WHEN 'bestaatt' THEN 'passed' WHEN
                'bestaatt_meget_godt'
                THEN 'passed_with_distinction'
            WHEN 'ikke_bestaatt' THEN 'failed'
        END AS result,
        antall AS tests,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT
        year,
        trade_code,
        programme_code,
        contract_type,
        result,
        sum(tests)::BIGINT AS tests,
        bool_or(constructed) AS constructed
    FROM renamed
    GROUP BY ALL
)

SELECT * FROM final
