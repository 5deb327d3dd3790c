-- mart.completion_by_county_cohort
-- Grain: one row per county (0: the country) × cohort (year of entry to Vg1)
-- Key: county_code, cohort
-- Unit: prosent av kullet
-- Sources: staging.completion_rate_by_county, mart.area
-- Title: Fullført videregående opplæring etter kull
-- Row: én rad per fylke (0 er landet) og kull
-- Users: statistikkomiteen: hvor stor del av kullet som fullfører, mot landet
-- Column cohort: året kullet begynte på Vg1
-- Column percent: elever i kullet som fullførte og besto innen fem år (seks år i yrkesfag), i
--   prosent av kullet
WITH final AS (
    SELECT
        completion.county_code,
        completion.cohort,
        completion.percent::DOUBLE AS percent,
        area.area AS county,
        completion.constructed
    FROM staging.completion_rate_by_county AS completion
    LEFT JOIN mart.area AS area
        ON completion.county_code = area.area_code
    WHERE completion.percent IS NOT NULL
)

SELECT * FROM final
