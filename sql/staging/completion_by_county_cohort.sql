-- staging.completion_by_county_cohort
-- Grain: one row per county × completion state × contents × cohort
-- Key: county_code, completion_code, contents_code, cohort_start
-- Unit: as contents_code says: persons or per cent of the cohort
-- Sources: raw.ssb_completion
WITH source AS (
    SELECT * FROM raw.ssb_completion
),

renamed AS (
    SELECT
        "Region"::VARCHAR AS county_code,
        "FullforingVGO"::VARCHAR AS completion_code,
        "ContentsCode"::VARCHAR AS contents_code,
        -- "2019-2025": those who began in 2019, seen six years later.
        left("Tid"::VARCHAR, 4)::SMALLINT AS cohort_start,
        right("Tid"::VARCHAR, 4)::SMALLINT AS observed_year,
        value,
        status,
        coalesce(status = 'constructed', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
    WHERE coalesce(status, '') != '.'
)

SELECT * FROM final
