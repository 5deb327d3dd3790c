-- mart.cost_per_pupil_by_county
-- Grain: one row per county (0: the country) × year × release (unrevised, revised)
-- Key: county_code, year, release
-- Unit: kroner per elev i året
-- Sources: staging.cost_per_pupil_by_county, mart.area
-- Title: Utgifter per elev i videregående opplæring
-- Row: én rad per fylke (0 er landet), år og utgave (foreløpig eller endelig)
-- Users: økonomi og planleggere: hva en elev koster, mot landet; kostnadsleddet i planen
-- Column nok_per_pupil: fylkeskommunens utgifter per elev i videregående opplæring i året, slik
--   KOSTRA regner dem
-- Column status: kildens merke der det ikke er noe tall
WITH final AS (
    SELECT
        figures.area_code AS county_code,
        area.area AS county,
        figures.year,
        figures.release,
        figures.vintage,
        figures.nok_per_pupil::DOUBLE AS nok_per_pupil,
        figures.status,
        figures.constructed
    FROM staging.cost_per_pupil_by_county AS figures
    LEFT JOIN mart.area AS area
        ON figures.area_code = area.area_code
)

SELECT * FROM final
