-- mart.certificates_by_area_trade_route
-- Grain: one row per area × year × trade × route to the certificate
-- Key: area_code, year, trade_code, route_code
-- Unit: fag- og svennebrev
-- Sources: staging.certificates_by_municipality_trade_route, mart.area_municipality, mart.area,
--   mart.trade, reference.education_code
-- Title: Fag- og svennebrev etter område, lærefag og vei
-- Row: én rad per område, år, lærefag og vei til fagbrevet
-- Users: yrkesopplæringsnemnda, regionale kompetanseforum og planleggere: hvor mange fagarbeidere
--   som utdannes i faget i regionen i året; fag og veier med færre enn 50 i fylket står bare der
-- Column route_code: koden til veien: laerling, praksiskandidat, fagbrev_paa_jobb eller
--   elev_i_skole
-- Column route: navnet på veien til fagbrevet: lærling, praksiskandidat, fagbrev på jobben eller
--   elev i skole
-- Column certificates: fag- og svenneprøver bestått i året, etter virksomhetens kommune
--   (hjemkommunen til den som ikke har noen virksomhet); summen av de kommunene som ikke er skjult,
--   for fylket kildens eget tall
WITH source AS (
    SELECT * FROM staging.certificates_by_municipality_trade_route
),

-- The county's own figure is its own row, as it holds what the municipalities' closed cells do.
rolled AS (
    SELECT
        area.area_code,
        source.year,
        source.trade_code,
        source.route_code,
        sum(source.certificates)::BIGINT AS certificates,
        count(source.mark) AS hidden_cells,
        bool_or(source.constructed) AS constructed
    FROM source
    INNER JOIN mart.area_municipality AS area
        ON source.municipality_code = area.municipality_code
    WHERE area.area_kind != 'county'
    GROUP BY area.area_code, source.year, source.trade_code, source.route_code
    UNION ALL
    SELECT
        municipality_code AS area_code,
        year,
        trade_code,
        route_code,
        certificates,
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
        rolled.year,
        trade.programme_code,
        trade.programme,
        rolled.trade_code,
        trade.trade,
        rolled.route_code,
        codes.name AS route,
        rolled.certificates,
        rolled.hidden_cells,
        rolled.constructed
    FROM rolled
    INNER JOIN mart.area AS area
        ON rolled.area_code = area.area_code
    LEFT JOIN mart.trade AS trade
        ON rolled.trade_code = trade.trade_code
    LEFT JOIN reference.education_code AS codes
        ON
            codes.code_kind = 'route'
            AND rolled.route_code = codes.code
)

SELECT * FROM final
