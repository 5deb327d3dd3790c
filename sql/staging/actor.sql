-- staging.actor
-- Grain: one row per organisation and office
-- Key: actor_code
-- Unit: codes
-- Sources: raw.county_actors
WITH source AS (
    SELECT * FROM raw.county_actors
),

renamed AS (
    SELECT
        aktor AS actor_code,
        navn AS actor,
        orgnr AS organisation_number,
        lower(trim(rolle)) AS role_code,
        kommune AS municipality_code,
        nettsted AS website,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
