-- staging.course
-- Grain: one row per provider × course × place × season
-- Key: provider_code, course_code, municipality_code, year, semester
-- Unit: weeks, and seats
-- Sources: raw.county_courses
WITH source AS (
    SELECT * FROM raw.county_courses
),

renamed AS (
    SELECT
        left(sesong, 4)::SMALLINT AS year,
        CASE substr(sesong, 6) WHEN 'vår' THEN 'spring' WHEN 'høst' THEN 'autumn' END AS semester,
        tilbyder AS provider_code,
        tilbydernavn AS provider,
        kurskode AS course_code,
        kurs AS course,
        fag AS subject,
        nkr AS nkr_level,
        lower(trim(studieform)) AS mode_code,
        uker::SMALLINT AS weeks,
        kommune AS municipality_code,
        kapasitet::INTEGER AS capacity,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
