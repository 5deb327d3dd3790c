-- staging.career_guidance_by_municipality_group
-- Grain: one row per centre × home municipality × group × year
-- Key: year, centre, municipality_code, group_code
-- Unit: persons, and conversations; * where the source closes fewer than five persons
-- Sources: raw.county_career_guidance
WITH source AS (
    SELECT * FROM raw.county_career_guidance
),

renamed AS (
    SELECT
        aar::SMALLINT AS year,
        senter AS centre,
        kommune AS municipality_code,
        lower(trim(gruppe)) AS group_code,
        CASE WHEN personer != '*' THEN personer::INTEGER END AS persons,
        CASE WHEN personer = '*' THEN personer END AS persons_mark,
        CASE WHEN samtaler != '*' THEN samtaler::INTEGER END AS conversations,
        CASE WHEN samtaler = '*' THEN samtaler END AS conversations_mark,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
