-- mart.certificates_by_area_trade_route
-- Grain: one row per area × year × trade × route to the certificate
-- Key: area_code, year, trade_code, route_code
-- Unit: fag- og svennebrev
-- Sources: staging.certificates_by_area_trade_route, mart.area_municipality, mart.area,
--   mart.trade, reference.education_code
-- Title: Fag- og svennebrev etter område, lærefag og vei
-- Row: én rad per område, år, lærefag og vei til fagbrevet
-- Users: yrkesopplæringsnemnda, regionale kompetanseforum og planleggere: hvor mange fagarbeidere
--   som utdannes i faget i regionen i året. Fylket, inntaksregionene og områder med samme kommuner
--   som en av dem har egne rader etter vei; andre områder har bare alle veier samlet, summert av
--   kommunene. Fag med færre enn 20 i fylket står bare der, med færre enn 50 ikke for kommuner
-- Column route_code: koden til veien: laerling, praksiskandidat, fagbrev_paa_jobb eller
--   elev_i_skole; `*` er alle veier samlet
-- Column route: navnet på veien til fagbrevet: lærling, praksiskandidat, fagbrev på jobben eller
--   elev i skole
-- Column certificates: fag- og svenneprøver bestått i året, etter virksomhetens kommune
--   (hjemkommunen til den som ikke har noen virksomhet); for fylket, inntaksregionene og områder
--   med samme kommuner som en av dem kildens eget tall, for andre områder summen av de kommunene
--   som ikke er skjult
WITH source AS (
    SELECT * FROM staging.certificates_by_area_trade_route
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
        source.year,
        source.trade_code,
        source.route_code,
        source.certificates::BIGINT AS certificates,
        (source.mark IS NOT NULL)::BIGINT AS hidden_cells,
        source.constructed
    FROM source
    INNER JOIN told
        ON source.area_code = told.told_as
    UNION ALL
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
        ON source.area_code = area.municipality_code
    ANTI JOIN told
        ON area.area_code = told.area_code
    GROUP BY area.area_code, source.year, source.trade_code, source.route_code
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
        CASE rolled.route_code WHEN '*' THEN 'Alle' ELSE codes.name END AS route,
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
