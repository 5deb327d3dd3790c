-- mart.pupils_per_teacher_by_county
-- Grain: one row per county (0: the country) × year × release (unrevised, revised)
-- Key: county_code, year, release
-- Unit: elever per lærerårsverk
-- Sources: staging.pupils_per_teacher_by_county, mart.area
-- Title: Elever per lærerårsverk
-- Row: én rad per fylke (0 er landet), år og utgave (foreløpig eller endelig)
-- Users: økonomi og planleggere: lærertettheten, mot landet
-- Column pupils_per_teacher: elever i videregående opplæring per lærerårsverk, slik KOSTRA regner
--   det
-- Column status: kildens merke der det ikke er noe tall
WITH final AS (
    SELECT
        figures.area_code AS county_code,
        area.area AS county,
        figures.year,
        figures.release,
        figures.vintage,
        figures.pupils_per_teacher::DOUBLE AS pupils_per_teacher,
        figures.status,
        figures.constructed
    FROM staging.pupils_per_teacher_by_county AS figures
    LEFT JOIN mart.area AS area
        ON figures.area_code = area.area_code
)

SELECT * FROM final
