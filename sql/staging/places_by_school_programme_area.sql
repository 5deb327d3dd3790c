-- staging.places_by_school_programme_area
-- Grain: one row per school × programme area × level × mode × date from which the places count
-- Key: organisation_number, programme_area_code, level, mode, valid_from
-- Unit: places; classes in steps of a half
-- Sources: raw.county_capacity
WITH source AS (
    SELECT * FROM raw.county_capacity
),

renamed AS (
    SELECT
        orgnr AS organisation_number,
        skole AS school,
        programomraade AS programme_area_code,
        trinn::SMALLINT AS level,
        replace(klasser, ',', '.')::DECIMAL(5, 1) AS classes,
        plasser::INTEGER AS places,
        tilbudsform AS mode,
        gyldig_fra::DATE AS valid_from,
        konstruert = 'true' AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
