-- staging.school
-- Grain: one row per unit of the national register of schools
-- Key: organisation_number
-- Unit: codes
-- Sources: raw.nsr_schools
WITH source AS (
    SELECT * FROM raw.nsr_schools
),

renamed AS (
    SELECT
        "Organisasjonsnummer" AS organisation_number,
        "Navn" AS school,
        "Fylkesnummer" AS county_code,
        "Kommunenummer" AS municipality_code,
        "ErAktiv" AS is_active,
        "ErVideregaaendeSkole" AS is_upper_secondary,
        -- A school that is said to be both, or neither, has no owner that can be relied on.
        CASE
            WHEN "ErPrivatskole" AND NOT coalesce("ErOffentligSkole", FALSE) THEN 'private'
            WHEN "ErOffentligSkole" AND NOT coalesce("ErPrivatskole", FALSE) THEN 'county'
        END AS owner
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
