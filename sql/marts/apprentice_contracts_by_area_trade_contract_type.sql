-- mart.apprentice_contracts_by_area_trade_contract_type
-- Grain: one row per area × day of the count × trade × contract type
-- Key: area_code, counted_on, trade_code, contract_type_code
-- Unit: kontrakter
-- Sources: staging.contracts_by_municipality_trade_contract_type, mart.area_municipality,
--   mart.area, mart.trade, reference.education_code
-- Title: Løpende kontrakter etter område, lærefag og kontraktstype
-- Row: én rad per område, tellingsdag (1. oktober, 31. desember), lærefag og kontraktstype
-- Users: yrkesopplæringsnemnda, regionale kompetanseforum og planleggere: hvor mange som er i lære
--   i faget i regionen; fag med færre enn 50 kontrakter i fylket står bare for fylket
-- Column contract_type_code: koden til kontraktstypen: laerling, laerekandidat, praksisbrev eller
--   fagbrev_paa_jobb
-- Column contract_type: navnet på kontraktstypen
-- Column contracts: kontrakter som løp den dagen, etter virksomhetens kommune; summen av de
--   kommunene som ikke er skjult, for fylket kildens eget tall
WITH source AS (
    SELECT * FROM staging.contracts_by_municipality_trade_contract_type
),

-- The county's own figure is its own row, as it holds what the municipalities' closed cells do.
rolled AS (
    SELECT
        area.area_code,
        source.counted_on,
        source.trade_code,
        source.contract_type_code,
        sum(source.contracts)::BIGINT AS contracts,
        count(source.mark) AS hidden_cells,
        bool_or(source.constructed) AS constructed
    FROM source
    INNER JOIN mart.area_municipality AS area
        ON source.municipality_code = area.municipality_code
    WHERE area.area_kind != 'county'
    GROUP BY area.area_code, source.counted_on, source.trade_code, source.contract_type_code
    UNION ALL
    SELECT
        municipality_code AS area_code,
        counted_on,
        trade_code,
        contract_type_code,
        contracts,
        (mark IS NOT NULL)::BIGINT AS hidden_cells,
        constructed
    FROM source
    WHERE len(municipality_code) = 2
),

final AS (
    SELECT
        rolled.area_code,
        area.area,
        area.area_kind,
        rolled.counted_on,
        trade.programme_code,
        trade.programme,
        rolled.trade_code,
        trade.trade,
        rolled.contract_type_code,
        codes.name AS contract_type,
        rolled.contracts,
        rolled.hidden_cells,
        rolled.constructed
    FROM rolled
    INNER JOIN mart.area AS area
        ON rolled.area_code = area.area_code
    LEFT JOIN mart.trade AS trade
        ON rolled.trade_code = trade.trade_code
    LEFT JOIN reference.education_code AS codes
        ON
            codes.code_kind = 'contract_type'
            AND rolled.contract_type_code = codes.code
)

SELECT * FROM final
