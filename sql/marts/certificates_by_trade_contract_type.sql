-- mart.certificates_by_trade_contract_type
-- Grain: one row per year × programme × trade × contract type × result
-- Key: year, programme_code, trade_code, contract_type, result
-- Unit: trade and journeyman tests; null where it could tell of fewer than five persons
-- Sources: restricted.certificates_by_trade_contract_type
WITH counted AS (
    SELECT
        year,
        programme_code,
        trade_code,
        contract_type,
        result,
        sum(tests)::BIGINT AS tests,
        bool_or(constructed) AS constructed
    FROM restricted.certificates_by_trade_contract_type
    GROUP BY ALL
),

small AS (
    SELECT
        *,
        tests BETWEEN 1 AND 4 AS is_small,
        count(*) FILTER (WHERE tests BETWEEN 1 AND 4)
            OVER (PARTITION BY year, programme_code, contract_type, result)
            AS small_in_group,
        row_number() OVER (
            PARTITION BY year, programme_code, contract_type, result, tests BETWEEN 1 AND 4
            ORDER BY tests, trade_code
        ) AS place
    FROM counted
),

final AS (
    SELECT
        year,
        programme_code,
        trade_code,
        contract_type,
        result,
        -- One closed cell alone follows from the sum of its group: the smallest other goes with it.
        not(is_small OR (small_in_group = 1 AND place = 1)) AS is_open,
        CASE WHEN is_open THEN tests END AS tests,
        constructed
    FROM small
)

SELECT * FROM final
