-- mart.establishments_by_area_industry_size
-- Grain: one row per area × industry division (SN2025) × size
-- Key: area_code, industry_code, size_group
-- Unit: virksomheter; ansatte
-- Sources: staging.establishment, staging.industry_sn2025, mart.area, mart.area_municipality
-- Title: Virksomheter etter område, næring og størrelse
-- Row: én rad per område, næring (to sifre) og størrelse
-- Users: planleggere, opplæringskontor og forum: hvor mange virksomheter som kan ta imot
--   lærlinger eller trenger folk
-- Column industry_code: næring i SN2025, to sifre; 00 når registeret ikke oppgir den
-- Column industry: navnet på næringen
-- Column size_group: antall ansatte i virksomheten: 1-4, 5-9, 10-19, 20-49, 50-99, 100-249 eller
--   250+
-- Column establishments: antall virksomheter i drift; små tall skjules ikke, for virksomheter er
--   ikke personer
-- Column employees_least: ansatte i virksomhetene til sammen, minste mulige tall: registeret oppgir
--   ikke antallet under fem, så der regnes det laveste
-- Column employees_most: ansatte i virksomhetene til sammen, største mulige tall: der registeret
--   ikke oppgir antallet, regnes det høyeste
WITH source AS (
    SELECT
        municipality_code,
        coalesce(industry_division, '00') AS industry_code,
        CASE
            WHEN employees_most <= 4 THEN '1-4'
            WHEN employees_most <= 9 THEN '5-9'
            WHEN employees_most <= 19 THEN '10-19'
            WHEN employees_most <= 49 THEN '20-49'
            WHEN employees_most <= 99 THEN '50-99'
            WHEN employees_most <= 249 THEN '100-249'
            ELSE '250+'
        END AS size_group,
        employees_least,
        employees_most,
        constructed
    FROM staging.establishment
    WHERE closed_on IS NULL
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
        members.area_code,
        area.area,
        area.area_kind,
        source.industry_code,
        names.industry,
        source.size_group,
        count(*) AS establishments,
        sum(source.employees_least)::BIGINT AS employees_least,
        sum(source.employees_most)::BIGINT AS employees_most,
        bool_or(source.constructed) AS constructed
    FROM source
    INNER JOIN mart.area_municipality AS members
        ON source.municipality_code = members.municipality_code
    INNER JOIN mart.area AS area
        ON members.area_code = area.area_code
    LEFT JOIN names
        ON source.industry_code = names.industry_code
    GROUP BY
        members.area_code,
        area.area,
        area.area_kind,
        source.industry_code,
        names.industry,
        source.size_group
)

SELECT * FROM final
