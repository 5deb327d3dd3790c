-- mart.labour_market_by_county_occupation_month
-- Grain: one row per county (0: the country) × occupation group × month
-- Key: area_code, occupation_group, month
-- Unit: personer; stillinger; andel 0–1
-- Sources: staging.job_seekers_and_vacancies_by_area_month,
--   staging.job_seekers_by_county_occupation_month, staging.vacancies_by_county_occupation_month,
--   mart.area
-- Title: Arbeidssøkere og utlyste stillinger etter fylke, yrkesgruppe og måned
-- Row: én rad per fylke (eller landet), yrkesgruppe og måned
-- Users: NAV, planleggere og regionale kompetanseforum: hvor stramt arbeidsmarkedet er i hver
--   yrkesgruppe
-- Column job_seekers: antall helt ledige, delvis ledige og på tiltak med bakgrunn i yrkesgruppen;
--   tomt når kilden har skjult tallet
-- Column vacancies: antall nye utlyste stillinger i måneden; tomt når kilden har skjult tallet
-- Column vacancies_per_job_seeker: utlyste stillinger i måneden per arbeidssøker; høyere er et
--   strammere arbeidsmarked
-- Column job_seekers_share: yrkesgruppens del av alle arbeidssøkere i området samme måned som ikke
--   er skjult, 0 til 1
WITH delivered AS (
    SELECT
        coalesce(seekers.county_code, vacant.county_code) AS county_code,
        coalesce(seekers.occupation_group, vacant.occupation_group) AS occupation_group,
        coalesce(seekers.month, vacant.month) AS month,
        seekers.persons,
        vacant.vacancies,
        coalesce(seekers.constructed, FALSE) OR coalesce(vacant.constructed, FALSE) AS constructed
    FROM staging.job_seekers_by_county_occupation_month AS seekers
    FULL OUTER JOIN staging.vacancies_by_county_occupation_month AS vacant
        ON
            seekers.county_code = vacant.county_code
            AND seekers.occupation_group = vacant.occupation_group
            AND seekers.month = vacant.month
),

-- The monthly delivery goes before the series that others have put together from it.
known AS (
    SELECT * FROM delivered
    UNION ALL
    SELECT
        series.county_code,
        series.occupation_group,
        series.month,
        series.persons,
        series.vacancies,
        series.constructed
    FROM staging.job_seekers_and_vacancies_by_area_month AS series
    ANTI JOIN delivered
        ON
            series.county_code = delivered.county_code
            AND series.occupation_group = delivered.occupation_group
            AND series.month = delivered.month
),

final AS (
    SELECT
        known.county_code AS area_code,
        area.area,
        area.area_kind,
        known.occupation_group,
        known.month,
        known.persons AS job_seekers,
        known.vacancies,
        known.vacancies / nullif(known.persons, 0)::DOUBLE AS vacancies_per_job_seeker,
        known.persons / sum(known.persons) OVER (
            PARTITION BY known.county_code, known.month
        )::DOUBLE AS job_seekers_share,
        known.constructed
    FROM known
    INNER JOIN mart.area AS area
        ON known.county_code = area.area_code
)

SELECT * FROM final
