-- mart.training_establishments_by_area_industry
-- Grain: one row per area × industry division (SN2025) × size class
-- Key: area_code, industry_code, size_group
-- Unit: virksomheter; fag; andel 0–1
-- Sources: staging.establishment, staging.training_establishment_trade, staging.industry_sn2025,
--   mart.area_municipality, mart.area
-- Title: Virksomheter som lærer opp, og de som ikke gjør det, etter næring
-- Row: én rad per område, næring (to sifre) og størrelse
-- Users: yrkesopplæringsnemnda, opplæringskontor og planleggere: i hvilke næringer det er
--   virksomheter å verve som lærebedrift, og hvor
-- Column industry_code: næring i SN2025, to sifre
-- Column industry: navnet på næringen
-- Column size_group: antall ansatte i virksomheten: 1-4, 5-19, 20-49, 50-99 eller 100+
-- Column establishments: virksomheter med minst én ansatt
-- Column training_establishments: de av dem som er godkjent lærebedrift i minst ett fag
-- Column not_training_establishments: de av virksomhetene som ikke er godkjent lærebedrift i noe
--   fag
-- Column trades: antall ulike lærefag det er godkjente lærebedrifter i
-- Column training_share: lærebedrifter delt på virksomheter med minst én ansatt, 0 til 1
WITH approved AS (
    SELECT
        organisation_number,
        list(DISTINCT trade_code) AS trade_codes,
        bool_or(constructed) AS constructed
    FROM staging.training_establishment_trade
    GROUP BY organisation_number
),

names AS (
    SELECT
        industry_code_2025 AS industry_code,
        min(industry_2025) AS industry
    FROM staging.industry_sn2025
    GROUP BY industry_code_2025
),

establishments AS (
    SELECT
        establishment.organisation_number,
        establishment.municipality_code,
        establishment.industry_division AS industry_code,
        CASE
            WHEN establishment.employees_least >= 100 THEN '100+'
            WHEN establishment.employees_least >= 50 THEN '50-99'
            WHEN establishment.employees_least >= 20 THEN '20-49'
            WHEN establishment.employees_least >= 5 THEN '5-19'
            ELSE '1-4'
        END AS size_group,
        approved.trade_codes,
        establishment.constructed OR coalesce(approved.constructed, FALSE) AS constructed
    FROM staging.establishment AS establishment
    LEFT JOIN approved
        ON establishment.organisation_number = approved.organisation_number
    WHERE
        establishment.employees_most >= 1
        AND establishment.closed_on IS NULL
        AND establishment.industry_division IS NOT NULL
),

counted AS (
    SELECT
        area.area_code,
        establishments.industry_code,
        establishments.size_group,
        count(*) AS establishments,
        count(establishments.trade_codes) AS training_establishments,
        len(list_distinct(flatten(list(establishments.trade_codes)))) AS trades,
        bool_or(establishments.constructed) AS constructed
    FROM establishments
    INNER JOIN mart.area_municipality AS area
        ON establishments.municipality_code = area.municipality_code
    GROUP BY area.area_code, establishments.industry_code, establishments.size_group
),

final AS (
    SELECT
        counted.area_code,
        area.area,
        area.area_kind,
        counted.industry_code,
        names.industry,
        counted.size_group,
        counted.establishments,
        counted.training_establishments,
        counted.establishments - counted.training_establishments AS not_training_establishments,
        coalesce(counted.trades, 0)::BIGINT AS trades,
        counted.training_establishments::DOUBLE / counted.establishments AS training_share,
        counted.constructed
    FROM counted
    INNER JOIN mart.area AS area
        ON counted.area_code = area.area_code
    LEFT JOIN names
        ON counted.industry_code = names.industry_code
)

SELECT * FROM final
