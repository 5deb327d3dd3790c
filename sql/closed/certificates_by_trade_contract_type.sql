-- closed.certificates_by_trade_contract_type
-- Grain: one row per year × programme × trade × contract type × result
-- Key: year, programme_code, trade_code, contract_type, result
-- Unit: trade and journeyman tests; null where it could tell of fewer than five persons
-- Sources: restricted.certificates_by_trade_contract_type
-- Title: Fag- og svenneprøver etter lærefag og kontraktstype
-- Row: én rad per år, utdanningsprogram, lærefag, kontraktstype og resultat
-- Users: fagopplæringen; bygger på personfiler og er bare i den interne filen
-- Column contract_type: kontraktstypen
-- Column result: resultatet av prøven
-- Column is_open: ja der tallet vises
-- Column tests: prøver; null der tallet kan fortelle om færre enn fem personer
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
        tests BETWEEN 1 AND 4 AS is_small
    FROM counted
),

-- Who knows the sum of a group can work out a closed cell that is alone in it, and closed cells
-- that can only be one person each: the smallest other cell of the group is closed with them.
-- First the programmes, whose sums others publish.
programmes AS (
    SELECT
        *,
        count(*) FILTER (WHERE is_small) OVER programme AS closed_cells,
        sum(tests) FILTER (WHERE is_small) OVER programme AS closed_persons,
        row_number() OVER (
            PARTITION BY
                year,
                programme_code,
                is_small
            ORDER BY
                tests,
                trade_code,
                contract_type,
                result
        ) AS place
    FROM small
    WINDOW programme AS (
        PARTITION BY
            year,
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
        sum(tests) FILTER (WHERE is_closed) OVER side_by_side AS closed_persons,
        row_number() OVER (
            PARTITION BY
                year,
                programme_code,
                contract_type,
                result,
                is_closed
            ORDER BY
                tests,
                trade_code
        ) AS place
    FROM closed_in_programmes
    WINDOW side_by_side AS (
        PARTITION BY
            year,
            programme_code,
            contract_type,
            result
    )
),

final AS (
    SELECT
        year,
        programme_code,
        trade_code,
        contract_type,
        result,
        not(
            is_closed
            OR coalesce(place = 1 AND (closed_cells = 1 OR closed_persons = closed_cells), FALSE)
        ) AS is_open,
        CASE WHEN is_open THEN tests END AS tests,
        constructed
    FROM grouped
)

SELECT * FROM final
