-- closed.contracts_by_trade_contract_type
-- Grain: one row per counted on × programme × trade × contract type
-- Key: counted_on, programme_code, trade_code, contract_type
-- Unit: contracts running on the day; null where it could tell of fewer than five persons
-- Sources: restricted.apprentices_by_trade_contract_type
-- Title: Løpende kontrakter etter lærefag og kontraktstype
-- Row: én rad per tellingsdag, utdanningsprogram, lærefag og kontraktstype
-- Users: fagopplæringen; bygger på personfiler og er bare i den interne filen
-- Column counted_on: dagen tellingen gjelder
-- Column contract_type: kontraktstypen
-- Column is_open: ja der tallet vises
-- Column contracts: kontrakter som løp den dagen; null der tallet kan fortelle om færre enn fem
--   personer
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
        contracts BETWEEN 1 AND 4 AS is_small
    FROM counted
),

-- Who knows the sum of a group can work out a closed cell that is alone in it, and closed cells
-- that can only be one person each: the smallest other cell of the group is closed with them.
-- First the programmes, whose sums others publish.
programmes AS (
    SELECT
        *,
        count(*) FILTER (WHERE is_small) OVER programme AS closed_cells,
        sum(contracts) FILTER (WHERE is_small) OVER programme AS closed_persons,
        row_number() OVER (
            PARTITION BY
                counted_on,
                programme_code,
                is_small
            ORDER BY
                contracts,
                trade_code,
                contract_type
        ) AS place
    FROM small
    WINDOW programme AS (
        PARTITION BY
            counted_on,
            programme_code
    )
),

closed_in_programmes AS (
    SELECT
        * EXCLUDE (closed_cells, closed_persons, place),
        is_small
        OR coalesce(place = 1 AND (closed_cells = 1 OR closed_persons = closed_cells), FALSE)
            AS is_closed
    FROM programmes
),

-- Then the groups that stand side by side here.
grouped AS (
    SELECT
        *,
        count(*) FILTER (WHERE is_closed) OVER side_by_side AS closed_cells,
        sum(contracts) FILTER (WHERE is_closed) OVER side_by_side AS closed_persons,
        row_number() OVER (
            PARTITION BY
                counted_on,
                programme_code,
                contract_type,
                is_closed
            ORDER BY
                contracts,
                trade_code
        ) AS place
    FROM closed_in_programmes
    WINDOW side_by_side AS (
        PARTITION BY
            counted_on,
            programme_code,
            contract_type
    )
),

final AS (
    SELECT
        counted_on,
        programme_code,
        trade_code,
        contract_type,
        not(
            is_closed
            OR coalesce(place = 1 AND (closed_cells = 1 OR closed_persons = closed_cells), FALSE)
        ) AS is_open,
        CASE WHEN is_open THEN contracts END AS contracts,
        constructed
    FROM grouped
)

SELECT * FROM final
