-- restricted.pupil
-- Grain: one row per person × school year, as exported
-- Key: file, row_number
-- Unit: pupils on 1 October
-- Sources: raw.vigo_pupils
WITH source AS (
    SELECT * FROM raw.vigo_pupils
),

renamed AS (
    SELECT
        fil AS file,
        rad AS row_number,
        -- A keyed hash, the same for a person in every file; null where the number was wrong.
        person AS person_key,
        CASE person_mangler WHEN 'mangler' THEN 'missing' WHEN 'ugyldig' THEN 'invalid' END
            AS person_key_missing,
        left(skoleaar, 4)::SMALLINT AS school_year_start,
        skole_orgnr AS organisation_number,
        programomraade AS programme_area_code,
        trinn::SMALLINT AS level,
        CASE status WHEN 'elev' THEN 'enrolled' WHEN 'sluttet' THEN 'left' END AS status,
        sluttdato::DATE AS left_on,
        CASE kjonn WHEN 'kvinne' THEN 'women' WHEN 'mann' THEN 'men' END AS sex,
        fodselsaar::SMALLINT AS birth_year,
        bostedskommune AS home_municipality_code,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
