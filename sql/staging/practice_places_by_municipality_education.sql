-- staging.practice_places_by_municipality_education
-- Grain: one row per municipality × education × year
-- Key: municipality_code, education_code, year
-- Unit: practice places in health and care, agreed and used
-- Sources: raw.county_practice_places
WITH source AS (
    SELECT * FROM raw.county_practice_places
),

renamed AS (
    SELECT
        kommune AS municipality_code,
        utdanningskode AS education_code,
        utdanning AS education,
        nivaa AS education_level,
        aar::SMALLINT AS year,
        plasser_avtalt::INTEGER AS places_agreed,
        plasser_brukt::INTEGER AS places_used,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
