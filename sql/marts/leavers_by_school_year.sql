-- mart.leavers_by_school_year
-- Grain: one row per unit (country, county or school) × school year with a figure or a mark
-- Key: unit_kind, county_code, organisation_number, school_year_start
-- Unit: prosent av elevene
-- Sources: staging.leavers_by_school, mart.school, mart.area
-- Title: Elever som slutter i løpet av skoleåret
-- Row: én rad per enhet (landet, fylket eller skole) og skoleår
-- Users: skolene og statistikkomiteen: om flere slutter, og hvor; kilden har tall til 2020/21
-- Column unit_kind: country (landet), county (fylket) eller school (skolen)
-- Column organisation_number: skolens organisasjonsnummer; tomt for landet og fylket
-- Column unit: navnet på enheten
-- Column percent: elever som sluttet, i prosent av elevene ved skoleårets begynnelse
-- Column mark: * der kilden har skjult tallet, ellers kildens forklaring der det ikke er noe tall;
--   tomt når tallet vises
WITH final AS (
    SELECT
        leavers.level AS unit_kind,
        leavers.county_code,
        area.area AS county,
        leavers.organisation_number,
        coalesce(school.school, leavers.unit) AS unit,
        school.municipality_code,
        school.municipality,
        school.intake_region_code,
        school.intake_region,
        leavers.school_year_start,
        leavers.percent::DOUBLE AS percent,
        leavers.mark,
        leavers.constructed
    FROM staging.leavers_by_school AS leavers
    LEFT JOIN mart.school AS school
        ON leavers.organisation_number = school.organisation_number
    LEFT JOIN mart.area AS area
        ON leavers.county_code = area.area_code
)

SELECT * FROM final
