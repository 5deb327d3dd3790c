-- staging.establishment
-- Grain: one row per establishment with employees in the county
-- Key: organisation_number
-- Unit: codes, and employees (not told below five; least and most always)
-- Sources: raw.brreg_establishments
WITH source AS (
    SELECT * FROM raw.brreg_establishments
),

renamed AS (
    SELECT
        organisasjonsnummer AS organisation_number,
        "overordnetEnhet" AS parent_number,
        organisasjonsform AS legal_form,
        kommunenummer AS municipality_code,
        -- [unconfirmed] SN2025: another client has seen that the register serves it.
        naeringskode1 AS industry_code,
        naeringskode2 AS industry_code_2,
        naeringskode3 AS industry_code_3,
        left(naeringskode1, 2) AS industry_division,
        "antallAnsatte"::INTEGER AS employees,
        -- The register is asked by size: it hides numbers below five and knows them.
        coalesce("antallAnsatte", "fraAntallAnsatte")::INTEGER AS employees_least,
        coalesce("antallAnsatte", "tilAntallAnsatte")::INTEGER AS employees_most,
        oppstartsdato::DATE AS started_on,
        "registreringsdatoEnhetsregisteret"::DATE AS registered_on,
        nedleggelsesdato::DATE AS closed_on,
        listet AS listed_on,
        konstruert AS constructed,
        slettedato::DATE AS deleted_on
    FROM source
),

final AS (
    SELECT * EXCLUDE (deleted_on) FROM renamed
    WHERE deleted_on IS NULL
)

SELECT * FROM final
