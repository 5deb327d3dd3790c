-- restricted.apprentice
-- Grain: one row per running contract × count date, as exported
-- Key: file, row_number
-- Unit: contracts
-- Sources: raw.vigo_apprentices
WITH source AS (
    SELECT * FROM raw.vigo_apprentices
),

renamed AS (
    SELECT
        fil AS file,
        rad AS row_number,
        -- A keyed hash, the same for a person in every file; null where the number was wrong.
        person AS person_key,
        CASE person_mangler WHEN 'mangler' THEN 'missing' WHEN 'ugyldig' THEN 'invalid' END
            AS person_key_missing,
        tellingsdato::DATE AS counted_on,
        laerefag AS trade_code,
        utdanningsprogram AS programme_code,
        kontraktstype AS contract_type,
        bedrift_orgnr AS enterprise_organisation_number,
        startdato::DATE AS started_on,
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
