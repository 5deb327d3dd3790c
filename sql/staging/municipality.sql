-- staging.municipality
-- Grain: one row per municipality code × period in which code and name stood unchanged
-- Key: municipality_code, valid_from
-- Unit: codes (KLASS 131)
-- Sources: raw.klass_municipalities
WITH source AS (
    SELECT * FROM raw.klass_municipalities
),

renamed AS (
    SELECT
        code AS municipality_code,
        name AS municipality,
        coalesce("validFromInRequestedRange", "validFrom")::DATE AS valid_from,
        -- Exclusive: the first day on which the code is no longer valid; null while it is in use.
        coalesce("validToInRequestedRange", "validTo")::DATE AS valid_to
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
