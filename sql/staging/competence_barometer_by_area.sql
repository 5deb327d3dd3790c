-- staging.competence_barometer_by_area
-- Grain: one row per question × county (0: the country) × year
-- Key: question, county_code, year
-- Unit: per cent of the enterprises that answered
-- Sources: raw.nho_competence, staging.county
WITH source AS (
    SELECT * FROM raw.nho_competence
),

counties AS (
    SELECT
        county_code,
        lower(split_part(county, ' - ', 1)) AS area
    FROM staging.county
),

renamed AS (
    SELECT
        source.question,
        CASE WHEN source.area = 'landet' THEN '0' ELSE counties.county_code END AS county_code,
        source.year::SMALLINT AS year,
        source.percent::DECIMAL(4, 1) AS percent,
        coalesce(source.constructed = 'ja', FALSE) AS constructed
    FROM source
    LEFT JOIN counties ON source.area = counties.area
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
