-- mart.adult_modules_by_area_trade
-- Grain: one row per area × year × trade that is sought
-- Key: area_code, year, trade_code
-- Unit: personer, moduler og fag- og svennebrev; andel 0–1
-- Sources: staging.adult_modules_by_municipality_trade, mart.area_municipality, mart.area,
--   mart.trade
-- Title: Voksne i modulstrukturert opplæring etter område og lærefag
-- Row: én rad per område opplæringen gis i, år og lærefag
-- Users: de som planlegger opplæring for voksne, og NAV: hvilke fag voksne kan ta i moduler, hvor,
--   og om de kommer fram
-- Column participants: voksne som var i gang med opplæring mot faget i året, etter kommunen de får
--   opplæring i
-- Column modules_started: moduler som ble startet
-- Column modules_passed: moduler som ble bestått
-- Column certificates: fag- og svennebrev som deltakerne tok i året
-- Column modules_passed_share: beståtte moduler i året delt på startede, 0 til 1
WITH source AS (
    SELECT
        *,
        count(participants_mark) OVER line + count(modules_mark) OVER line
        + count(certificates_mark) OVER line AS hidden
    FROM staging.adult_modules_by_municipality_trade
    WINDOW line AS (PARTITION BY year, trade_code, municipality_code)
),

-- The county's own figure is its own row, as it holds what the municipalities' closed cells do.
rolled AS (
    SELECT
        area.area_code,
        source.year,
        source.trade_code,
        sum(source.participants)::BIGINT AS participants,
        sum(source.modules_started)::BIGINT AS modules_started,
        sum(source.modules_passed)::BIGINT AS modules_passed,
        sum(source.certificates)::BIGINT AS certificates,
        sum(source.hidden)::BIGINT AS hidden_cells,
        bool_or(source.constructed) AS constructed
    FROM source
    INNER JOIN mart.area_municipality AS area
        ON source.municipality_code = area.municipality_code
    WHERE area.area_kind != 'county'
    GROUP BY area.area_code, source.year, source.trade_code
    UNION ALL
    SELECT
        municipality_code AS area_code,
        year,
        trade_code,
        participants,
        modules_started,
        modules_passed,
        certificates,
        hidden AS hidden_cells,
        constructed
    FROM source
    WHERE len(municipality_code) = 2
),

final AS (
    SELECT
        rolled.area_code,
        area.area,
        area.area_kind,
        rolled.year,
        trade.programme_code,
        trade.programme,
        rolled.trade_code,
        trade.trade,
        rolled.participants,
        rolled.modules_started,
        rolled.modules_passed,
        rolled.certificates,
        rolled.modules_passed::DOUBLE / nullif(rolled.modules_started, 0) AS modules_passed_share,
        rolled.hidden_cells,
        rolled.constructed
    FROM rolled
    INNER JOIN mart.area AS area
        ON rolled.area_code = area.area_code
    LEFT JOIN mart.trade AS trade
        ON rolled.trade_code = trade.trade_code
)

SELECT * FROM final
