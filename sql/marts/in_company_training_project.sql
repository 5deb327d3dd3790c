-- mart.in_company_training_project
-- Grain: one row per project applied for
-- Key: project_code
-- Unit: personer; kroner
-- Sources: staging.in_company_training_project, staging.industry_sn2025, mart.area,
--   reference.code_name
-- Title: Bedriftsintern opplæring: prosjekter
-- Row: én rad per prosjekt det er søkt om
-- Users: fylkets kompetanseseksjon, regionale kompetanseforum (hvilke bedrifter omstiller seg)
-- Column project_code: prosjektets kode i fylkets fil
-- Column industry_code: bedriftens næringskode, fem sifre (SN2025)
-- Column industry: navnet på næringen på to sifre
-- Column project_subject: hva det læres opp i
-- Column participants: ansatte som er med; tom der kilden har skjult et tall under fem
-- Column state: prosjektets tilstand
-- Column hidden_cells: 1 der antall ansatte er skjult, ellers 0
WITH source AS (
    SELECT * FROM staging.in_company_training_project
),

names AS (
    SELECT
        industry_code_2025 AS industry_code,
        min(industry_2025) AS industry
    FROM staging.industry_sn2025
    GROUP BY industry_code_2025
),

final AS (
    SELECT
        source.project_code,
        source.year,
        source.organisation_number,
        source.industry_code,
        left(source.industry_code, 2) AS industry_division,
        names.industry,
        source.municipality_code,
        area.area AS municipality,
        source.subject AS project_subject,
        source.participants,
        source.applied_nok,
        source.granted_nok,
        source.paid_nok,
        source.state_code,
        state.name AS state,
        (source.participants_mark IS NOT NULL)::BIGINT AS hidden_cells,
        source.constructed
    FROM source
    LEFT JOIN names
        ON left(source.industry_code, 2) = names.industry_code
    LEFT JOIN mart.area AS area
        ON source.municipality_code = area.area_code
    LEFT JOIN reference.code_name AS state
        ON source.state_code = state.code AND state.list = 'training_state'
)

SELECT * FROM final
