-- mart.vacancies_by_area_occupation_month
-- Grain: one row per area × occupation (STYRK-08, 4 digits; 0000 where not told) × month
-- Key: area_code, occupation_code, month
-- Unit: utlysninger; stillinger
-- Sources: staging.vacancy, staging.occupation, mart.area, mart.area_municipality
-- Title: Ledige stillinger på arbeidsplassen.no etter område, yrke og måned
-- Row: én rad per område, yrke og måned der en stilling var åpen
-- Users: NAV, planleggere og regionale kompetanseforum: hva som lyses ut i området, mellom
--   bedriftsundersøkelsene
-- Column occupation_code: yrkeskode i STYRK-08, fire sifre; 0000 når strømmen ikke oppgir yrket
-- Column open_vacancies: antall utlysninger som var åpne en eller flere dager i måneden
-- Column new_vacancies: antall utlysninger som ble lagt ut i måneden
-- Column vacancies_without_positions: antall åpne utlysninger der antall stillinger ikke er oppgitt
WITH source AS (
    SELECT
        vacancy_id,
        municipality_code,
        coalesce(occupation_code, '0000') AS occupation_code,
        positions,
        first_seen_at,
        -- What nobody has closed is open as far as the log goes.
        least(
            coalesce(closed_at, max(changed_at) OVER ()),
            greatest(coalesce(expires_at, max(changed_at) OVER ()), first_seen_at)
        ) AS open_until,
        constructed
    FROM staging.vacancy
),

by_month AS (
    SELECT
        municipality_code,
        occupation_code,
        positions,
        date_trunc('month', first_seen_at)::DATE AS first_month,
        unnest(
            generate_series(
                date_trunc('month', first_seen_at)::DATE,
                date_trunc('month', open_until)::DATE,
                INTERVAL 1 MONTH
            )
        )::DATE AS month,
        constructed
    FROM source
    WHERE municipality_code IS NOT NULL
),

final AS (
    SELECT
        members.area_code,
        area.area,
        area.area_kind,
        by_month.occupation_code,
        occupation.occupation,
        by_month.month,
        count(*) AS open_vacancies,
        count(*) FILTER (WHERE by_month.month = by_month.first_month) AS new_vacancies,
        coalesce(sum(by_month.positions), 0)::BIGINT AS positions,
        count(*) FILTER (WHERE by_month.positions IS NULL) AS vacancies_without_positions,
        bool_or(by_month.constructed) AS constructed
    FROM by_month
    INNER JOIN mart.area_municipality AS members
        ON by_month.municipality_code = members.municipality_code
    INNER JOIN mart.area AS area
        ON members.area_code = area.area_code
    LEFT JOIN staging.occupation AS occupation
        ON by_month.occupation_code = occupation.occupation_code
    GROUP BY
        members.area_code,
        area.area,
        area.area_kind,
        by_month.occupation_code,
        occupation.occupation,
        by_month.month
)

SELECT * FROM final
