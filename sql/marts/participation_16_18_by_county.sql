-- mart.participation_16_18_by_county
-- Grain: one row per county (0: the country) × year × release (unrevised, revised)
-- Key: county_code, year, release
-- Unit: prosent av bosatte 16–18 år
-- Sources: staging.participation_16_18_by_county, mart.area
-- Title: Andel 16–18-åringer i videregående opplæring
-- Row: én rad per fylke (0 er landet), år og utgave (foreløpig eller endelig)
-- Users: statistikkomiteen og planleggere: hvor mange av ungdommene som er i opplæring, mot landet
-- Column percent: 16–18-åringer i videregående opplæring i prosent av alle bosatte i alderen
-- Column status: kildens merke der det ikke er noe tall
WITH final AS (
    SELECT
        figures.area_code AS county_code,
        area.area AS county,
        figures.year,
        figures.release,
        figures.vintage,
        figures.percent::DOUBLE AS percent,
        figures.status,
        figures.constructed
    FROM staging.participation_16_18_by_county AS figures
    LEFT JOIN mart.area AS area
        ON figures.area_code = area.area_code
)

SELECT * FROM final
