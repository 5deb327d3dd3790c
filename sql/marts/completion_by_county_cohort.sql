-- mart.completion_by_county_cohort
-- Grain: one row per county (0: the country) × cohort (year of entry to Vg1)
-- Key: county_code, cohort
-- Unit: per cent of the cohort
-- Sources: staging.completion_rate_by_county
WITH final AS (
    SELECT
        county_code,
        cohort,
        percent::DOUBLE AS percent,
        constructed
    FROM staging.completion_rate_by_county
    WHERE percent IS NOT NULL
)

SELECT * FROM final
