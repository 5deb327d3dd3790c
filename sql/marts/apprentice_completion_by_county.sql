-- mart.apprentice_completion_by_county
-- Grain: one row per county (0: the country) × cohort (year the apprenticeship began)
-- Key: county_code, cohort
-- Unit: prosent av kullet
-- Sources: staging.apprentice_completion_by_county, mart.area
-- Title: Oppnådd fag- eller svennebrev etter kull
-- Row: én rad per fylke og kull
-- Users: yrkesopplæringsnemnda og statistikkomiteen: om de som går i lære kommer fram
-- Column cohort: året læretiden begynte
-- Column percent: lærlinger i kullet som hadde tatt fag- eller svennebrev innen fem år, i prosent
--   av kullet; tomt der kilden har skjult tallet
-- Column status: * der kilden har skjult tallet, ellers tomt
WITH final AS (
    SELECT
        completion.county_code,
        area.area AS county,
        completion.cohort,
        completion.percent::DOUBLE AS percent,
        completion.status,
        completion.constructed
    FROM staging.apprentice_completion_by_county AS completion
    LEFT JOIN mart.area AS area
        ON completion.county_code = area.area_code
)

SELECT * FROM final
