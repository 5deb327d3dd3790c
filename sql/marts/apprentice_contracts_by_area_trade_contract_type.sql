-- mart.apprentice_contracts_by_area_trade_contract_type
-- Grain: one row per area × day of the count × trade × contract type
-- Key: area_code, counted_on, trade_code, contract_type_code
-- Unit: kontrakter
-- Sources: staging.contracts_by_area_trade_contract_type, mart.area_municipality,
--   mart.area, mart.trade, reference.education_code
-- Title: Løpende kontrakter etter område, lærefag og kontraktstype
-- Row: én rad per område, tellingsdag (1. oktober, 31. desember), lærefag og kontraktstype
-- Users: yrkesopplæringsnemnda, regionale kompetanseforum og planleggere: hvor mange som er i lære
--   i faget i regionen. Fylket, inntaksregionene og områder med samme kommuner som en av dem har
--   egne rader etter type; andre områder har bare alle typer samlet, summert av kommunene. Fag med
--   færre enn 20 kontrakter i fylket står bare der, med færre enn 50 ikke for kommuner
-- Column contract_type_code: koden til kontraktstypen: laerling, laerekandidat, praksisbrev eller
--   fagbrev_paa_jobb; `*` er alle typer samlet
-- Column contract_type: navnet på kontraktstypen
-- Column contracts: kontrakter som løp den dagen, etter virksomhetens kommune; for fylket,
--   inntaksregionene og områder med samme kommuner som en av dem kildens eget tall, for andre
--   områder summen av de kommunene som ikke er skjult
WITH source AS (
    SELECT * FROM staging.contracts_by_area_trade_contract_type
),

members AS (
    SELECT
        area_code,
        any_value(area_kind) AS area_kind,
        list(municipality_code ORDER BY municipality_code) AS municipalities
    FROM mart.area_municipality
    GROUP BY area_code
),

-- The county and intake regions have rows of their own in the file, which hold what their
-- municipalities' closed cells do. So has an area with the same municipalities as one of them.
told AS (
    SELECT
        areas.area_code,
        regions.area_code AS told_as
    FROM members AS areas
    INNER JOIN members AS regions
        ON areas.municipalities = regions.municipalities
    WHERE regions.area_kind IN ('county', 'intake')
),

rolled AS (
    SELECT
        told.area_code,
        source.counted_on,
        source.trade_code,
        source.contract_type_code,
        source.contracts::BIGINT AS contracts,
        (source.mark IS NOT NULL)::BIGINT AS hidden_cells,
        source.constructed
    FROM source
    INNER JOIN told
        ON source.area_code = told.told_as
    UNION ALL
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
        ON source.area_code = area.municipality_code
    ANTI JOIN told
        ON area.area_code = told.area_code
    GROUP BY area.area_code, source.counted_on, source.trade_code, source.contract_type_code
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
        CASE rolled.contract_type_code WHEN '*' THEN 'Alle' ELSE codes.name END AS contract_type,
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
