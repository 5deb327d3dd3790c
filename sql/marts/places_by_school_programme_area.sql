-- mart.places_by_school_programme_area
-- Grain: one row per school × programme area × level × mode × date from which the places count
-- Key: organisation_number, programme_area_code, level, mode, valid_from
-- Unit: plasser; klasser
-- Sources: staging.places_by_school_programme_area, mart.school, mart.programme_area
-- Title: Klasser og plasser etter skole og programområde
-- Row: én rad per skole, programområde, trinn, tilbudsform og dag plassene gjelder fra
-- Users: framskrivingen og planen; inntakskontoret og skolene: hva som tilbys
-- Column classes: antall klasser, i hele og halve
-- Column places: antall plasser det er rom for i klassene
-- Column mode: tilbudsform, slik fylkets fil har den (ordinær der ikke annet er sagt)
-- Column valid_from: dagen klassene og plassene gjelder fra; de gjelder til neste rad for samme
--   tilbud
WITH final AS (
    SELECT
        places.organisation_number,
        school.school,
        places.programme_area_code,
        area.programme_code,
        area.programme,
        area.programme_area,
        places.level,
        places.classes::DOUBLE AS classes,
        places.places,
        places.mode,
        places.valid_from,
        school.owner,
        school.municipality_code,
        school.municipality,
        school.intake_region_code,
        school.intake_region,
        places.constructed
    FROM staging.places_by_school_programme_area AS places
    INNER JOIN mart.school AS school
        ON places.organisation_number = school.organisation_number
    INNER JOIN mart.programme_area AS area
        ON places.programme_area_code = area.programme_area_code
)

SELECT * FROM final
