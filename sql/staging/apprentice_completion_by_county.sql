-- staging.apprentice_completion_by_county
-- Grain: one row per county (0: the country) × cohort (year the apprenticeship began)
-- Key: county_code, cohort
-- Unit: per cent of the cohort with a trade or journeyman certificate within five years
-- Sources: raw.udir_apprentice_completion
WITH source AS (
    SELECT * FROM raw.udir_apprentice_completion
),

renamed AS (
    SELECT
        CASE WHEN level = 'Fylke' THEN kode ELSE '0' END AS county_code,
        regexp_extract(column_1, '[0-9]{4}')::SMALLINT AS cohort,
        value::DECIMAL(5, 1) AS percent,
        status,
        constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
    WHERE percent IS NOT NULL OR status IS NOT NULL
)

SELECT * FROM final
