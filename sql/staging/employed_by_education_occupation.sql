-- staging.employed_by_education_occupation
-- Grain: one row per education group (NUS2000) × occupation (STYRK-08) × county × year (4th
-- quarter)
-- Key: education_code, occupation_code, county_code, year
-- Unit: employed persons aged 25–39
-- Sources: raw.county_education_occupation
WITH source AS (
    SELECT * FROM raw.county_education_occupation
),

renamed AS (
    SELECT
        nus AS education_code,
        styrk AS occupation_code,
        fylke AS county_code,
        aar::SMALLINT AS year,
        -- Statistics Norway closes small cells with ":" or "."; what is closed is no zero.
        CASE WHEN sysselsatte NOT IN (':', '.', '..') THEN sysselsatte::INTEGER END AS employed,
        CASE WHEN sysselsatte IN (':', '.', '..') THEN sysselsatte END AS status,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

-- Cells of one to four persons are closed here too, should the order have let them through.
final AS (
    SELECT
        education_code,
        occupation_code,
        county_code,
        year,
        CASE WHEN employed = 0 OR employed >= 5 THEN employed END AS employed,
        CASE WHEN employed BETWEEN 1 AND 4 THEN '<5' ELSE status END AS status,
        constructed
    FROM renamed
)

SELECT * FROM final
