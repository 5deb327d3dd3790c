-- staging.training_establishment_trade
-- Grain: one row per establishment that is approved to train × trade
-- Key: organisation_number, trade_code
-- Unit: codes
-- Sources: raw.county_training_establishments
WITH source AS (
    SELECT * FROM raw.county_training_establishments
),

renamed AS (
    SELECT
        orgnr AS organisation_number,
        laerefag AS trade_code,
        godkjent_fra::DATE AS approved_from,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
