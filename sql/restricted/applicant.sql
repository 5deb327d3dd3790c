-- restricted.applicant
-- Grain: one row per person × application year × priority, as exported
-- Key: file, row_number
-- Unit: applications
-- Sources: raw.vigo_applicants
WITH source AS (
    SELECT * FROM raw.vigo_applicants
),

renamed AS (
    SELECT
        fil AS file,
        rad AS row_number,
        -- A keyed hash, the same for a person in every file; null where the number was wrong.
        person AS person_key,
        CASE person_mangler WHEN 'mangler' THEN 'missing' WHEN 'ugyldig' THEN 'invalid' END
            AS person_key_missing,
        soknadsaar::SMALLINT AS application_year,
        prioritet::SMALLINT AS priority,
        CASE soker_til WHEN 'skole' THEN 'school' WHEN 'laereplass' THEN 'apprenticeship' END
            AS applies_for,
        programomraade AS programme_area_code,
        trinn::SMALLINT AS level,
        skole_orgnr AS organisation_number,
        CASE rett
            WHEN 'ungdom' THEN 'youth' WHEN 'voksen' THEN 'adult' WHEN 'ingen' THEN 'none'
        END AS right_to_education,
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
