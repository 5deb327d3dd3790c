-- mart.apprentice_contracts_by_county_programme
-- Grain: one row per county (0: the country) × utdanningsprogram (*: all) × year (1 October)
-- Key: county_code, programme_code, year
-- Unit: running apprenticeship contracts
-- Sources: staging.apprentice_contracts_by_county_programme
WITH final AS (
    SELECT
        county_code,
        programme_code,
        year,
        contracts,
        constructed
    FROM staging.apprentice_contracts_by_county_programme
    WHERE contracts IS NOT NULL
)

SELECT * FROM final
