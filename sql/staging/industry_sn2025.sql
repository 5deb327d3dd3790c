-- staging.industry_sn2025
-- Grain: one row per pair of an industry code of SN2007 and one of SN2025
-- Key: industry_code_2007, industry_code_2025
-- Unit: codes (correspondence KLASS 6 to itself)
-- Sources: raw.klass_industry_sn2025
WITH source AS (
    SELECT * FROM raw.klass_industry_sn2025
),

renamed AS (
    SELECT
        "sourceCode" AS industry_code_2007,
        "targetCode" AS industry_code_2025,
        "sourceName" AS industry_2007,
        "targetName" AS industry_2025,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT
        industry_code_2007,
        industry_code_2025,
        last(industry_2007) AS industry_2007,
        last(industry_2025) AS industry_2025,
        -- An old code that goes to several new ones has no declared shares: none is guessed.
        count(DISTINCT industry_code_2025) OVER (PARTITION BY industry_code_2007) AS targets,
        bool_or(constructed) AS constructed
    FROM renamed
    GROUP BY industry_code_2007, industry_code_2025
)

SELECT * FROM final
