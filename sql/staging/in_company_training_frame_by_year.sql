-- staging.in_company_training_frame_by_year
-- Grain: one row per year
-- Key: year
-- Unit: kroner
-- Sources: raw.county_in_company_training_frame
WITH source AS (
    SELECT * FROM raw.county_in_company_training_frame
),

renamed AS (
    SELECT
        aar::SMALLINT AS year,
        ramme_kr::BIGINT AS frame_nok,
        overfort_kr::BIGINT AS carried_over_nok,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
