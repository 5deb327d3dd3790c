-- mart.sector_vacancies_by_area_month
-- Grain: one row per sector × area × month
-- Key: sector_code, area_code, month
-- Unit: utlysninger; stillinger
-- Sources: mart.vacancies_by_area_occupation_month, reference.sector
-- Title: Ledige stillinger i sektorens yrker etter område og måned
-- Row: én rad per sektor, område og måned der en stilling i sektoren var åpen
-- Users: forumet for helse og omsorg, andre bransjefora og NAV: hvor mye sektoren lyser ut i
--   området
-- Column open_vacancies: antall utlysninger i sektorens yrker som var åpne en eller flere dager i
--   måneden
-- Column new_vacancies: antall utlysninger i sektorens yrker som ble lagt ut i måneden
WITH final AS (
    SELECT
        sector.sector_code,
        any_value(sector.sector) AS sector,
        vacancies.area_code,
        any_value(vacancies.area) AS area,
        any_value(vacancies.area_kind) AS area_kind,
        vacancies.month,
        sum(vacancies.open_vacancies)::BIGINT AS open_vacancies,
        sum(vacancies.new_vacancies)::BIGINT AS new_vacancies,
        sum(vacancies.positions)::BIGINT AS positions,
        bool_or(vacancies.constructed) AS constructed
    FROM mart.vacancies_by_area_occupation_month AS vacancies
    INNER JOIN reference.sector AS sector
        ON
            vacancies.occupation_code = sector.code
            AND sector.kind = 'occupation'
    GROUP BY sector.sector_code, vacancies.area_code, vacancies.month
)

SELECT * FROM final
