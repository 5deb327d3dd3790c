-- mart.contracts_by_trade_contract_type
-- Grain: one row per counted on × programme × trade × contract type
-- Key: counted_on, programme_code, trade_code, contract_type
-- Unit: contracts running on the day; null where it could tell of fewer than five persons
-- Sources: restricted.apprentices_by_trade_contract_type
WITH counted AS (
    SELECT
        counted_on,
        programme_code,
        trade_code,
        contract_type,
        sum(contracts)::BIGINT AS contracts,
        bool_or(constructed) AS constructed
    FROM restricted.apprentices_by_trade_contract_type
    GROUP BY ALL
),

small AS (
    SELECT
        *,
        contracts BETWEEN 1 AND 4 AS is_small,
        count(*) FILTER (WHERE contracts BETWEEN 1 AND 4)
            OVER (PARTITION BY counted_on, programme_code, contract_type)
            AS small_in_group,
        row_number() OVER (
            PARTITION BY counted_on, programme_code, contract_type, contracts BETWEEN 1 AND 4
            ORDER BY contracts, trade_code
        ) AS place
    FROM counted
),

final AS (
    SELECT
        counted_on,
        programme_code,
        trade_code,
        contract_type,
        -- One closed cell alone follows from the sum of its group: the smallest other goes with it.
        not(is_small OR (small_in_group = 1 AND place = 1)) AS is_open,
        CASE WHEN is_open THEN contracts END AS contracts,
        constructed
    FROM small
)

SELECT * FROM final
