-- mart.places_by_school_programme_area
-- Grain: one row per school × programme area × level × mode × date from which the places count
-- Key: organisation_number, programme_area_code, level, mode, valid_from
-- Unit: places; classes in steps of a half
-- Sources: staging.places_by_school_programme_area, mart.school, mart.programme_area
WITH final AS (
    SELECT
        places.organisation_number,
        school.school,
        places.programme_area_code,
        area.programme_code,
        area.name AS programme_area,
        places.level,
        places.classes::DOUBLE AS classes,
        places.places,
        places.mode,
        places.valid_from,
        school.owner,
        school.municipality_code,
        school.intake_region_code,
        places.constructed
    FROM staging.places_by_school_programme_area AS places
    INNER JOIN mart.school AS school
        ON places.organisation_number = school.organisation_number
    INNER JOIN mart.programme_area AS area
        ON places.programme_area_code = area.programme_area_code
)

SELECT * FROM final
