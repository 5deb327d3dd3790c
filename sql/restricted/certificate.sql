-- restricted.certificate
-- Grain: one row per trade or journeyman test taken, as exported
-- Key: file, row_number
-- Unit: tests
-- Sources: raw.vigo_certificates
WITH source AS (
    SELECT * FROM raw.vigo_certificates
),

renamed AS (
    SELECT
        fil AS file,
        rad AS row_number,
        -- A keyed hash, the same for a person in every file; null where the number was wrong.
        person AS person_key,
        CASE person_mangler WHEN 'mangler' THEN 'missing' WHEN 'ugyldig' THEN 'invalid' END
            AS person_key_missing,
        proveaar::SMALLINT AS year,
        provedato::DATE AS tested_on,
        laerefag AS trade_code,
        utdanningsprogram AS programme_code,
        kontraktstype AS contract_type,
        CASE resultat
            WHEN 'bestaatt' THEN 'passed' WHEN
                'bestaatt_meget_godt'
                THEN 'passed_with_distinction'
            WHEN 'ikke_bestaatt' THEN 'failed'
        END AS result,
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
