-- restricted.pupils_by_school_programme_area
-- Grain: one row per school year × school × programme area × home municipality
-- Key: school_year_start, organisation_number, programme_area_code, level, home_municipality_code
-- Unit: pupils on 1 October
-- Sources: raw.county_pupils
WITH source AS (
    SELECT * FROM raw.county_pupils
),

renamed AS (
    SELECT
        -- "2025-26" is the school year that starts in 2025.
        left(skoleaar, 4)::SMALLINT AS school_year_start,
        orgnr AS organisation_number,
        skole AS school,
        programomraade AS programme_area_code,
        trinn::SMALLINT AS level,
        bostedskommune AS home_municipality_code,
        elever::INTEGER AS pupils,
        konstruert = 'true' AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
