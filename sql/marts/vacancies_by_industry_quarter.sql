-- mart.vacancies_by_industry_quarter
-- Grain: one row per industry group (SN2007) × quarter, the country
-- Key: industry_code, year, quarter
-- Unit: stillinger; prosent av alle stillinger
-- Sources: staging.vacancies_by_industry_quarter, reference.crosswalk_industry_occupation,
--   mart.area
-- Title: Ledige stillinger i landet etter næring og kvartal
-- Row: én rad per næringsgruppe og kvartal, hele landet
-- Users: planleggere: hvilke næringer som søker folk, sett over tid; tallene finnes ikke for fylker
-- Column industry_code: næringsgruppe i SN2007, som 86-88; 00 er uoppgitt
-- Column industry: navnet på næringsgruppen
-- Column quarter: kvartal, 1 til 4
-- Column vacancies: antall ledige stillinger i kvartalet
-- Column vacancies_percent: ledige stillinger i prosent av alle stillinger i næringen
WITH pivoted AS (
    SELECT
        industry_code,
        year,
        quarter,
        round(any_value(value) FILTER (WHERE contents_code = 'LedigeStillinger'))::BIGINT
            AS vacancies,
        any_value(value) FILTER (WHERE contents_code = 'LedigeStillProsent') AS vacancies_percent,
        bool_or(constructed) AS constructed
    FROM staging.vacancies_by_industry_quarter
    GROUP BY industry_code, year, quarter
),

industries AS (
    SELECT DISTINCT
        industry_code,
        industry_name AS industry
    FROM reference.crosswalk_industry_occupation
),

final AS (
    SELECT
        area.area_code,
        area.area,
        area.area_kind,
        pivoted.industry_code,
        industries.industry,
        pivoted.year,
        pivoted.quarter,
        pivoted.vacancies,
        pivoted.vacancies_percent,
        pivoted.constructed
    FROM pivoted
    INNER JOIN mart.area AS area
        ON area.area_code = '0'
    LEFT JOIN industries
        ON pivoted.industry_code = industries.industry_code
)

SELECT * FROM final
