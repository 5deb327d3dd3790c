-- mart.in_company_training_by_area_industry
-- Grain: one row per area × industry (two digits) × year
-- Key: area_code, industry_division, year
-- Unit: prosjekter; bedrifter; personer; kroner
-- Sources: mart.in_company_training_project, mart.area_municipality, mart.area
-- Title: Bedriftsintern opplæring etter område og næring
-- Row: én rad per område, næring (to sifre) og år; bare prosjekter med innvilget beløp
-- Users: regionale kompetanseforum (hvilke næringer omstiller seg i regionen), fylkets
--   kompetanseseksjon
-- Column industry: navnet på næringen på to sifre
-- Column projects: prosjekter med innvilget beløp
-- Column participants: ansatte som er med i prosjektene; summen av det som ikke er skjult
WITH source AS (
    SELECT * FROM mart.in_company_training_project
    WHERE granted_nok > 0
),

final AS (
    SELECT
        area.area_code,
        any_value(area.area) AS area,
        any_value(area.area_kind) AS area_kind,
        source.industry_division,
        any_value(source.industry) AS industry,
        source.year,
        count(*)::BIGINT AS projects,
        count(DISTINCT source.organisation_number)::BIGINT AS enterprises,
        sum(source.participants)::BIGINT AS participants,
        sum(source.granted_nok)::BIGINT AS granted_nok,
        sum(source.paid_nok)::BIGINT AS paid_nok,
        sum(source.hidden_cells)::BIGINT AS hidden_cells,
        bool_or(source.constructed) AS constructed
    FROM source
    INNER JOIN mart.area_municipality AS member
        ON source.municipality_code = member.municipality_code
    INNER JOIN mart.area AS area
        ON member.area_code = area.area_code
    GROUP BY area.area_code, source.industry_division, source.year
)

SELECT * FROM final
