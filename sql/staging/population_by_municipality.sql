-- staging.population_by_municipality
-- Grain: one row per area × age × year (1 January); area 0 is the whole country
-- Key: area_code, age, year
-- Unit: persons
-- Sources: raw.ssb_population
WITH source AS (
    SELECT * FROM raw.ssb_population
),

renamed AS (
    SELECT
        "Region"::VARCHAR AS area_code,
        -- "105+" is the open last age group.
        rtrim("Alder"::VARCHAR, '+')::SMALLINT AS age,
        "Tid"::VARCHAR::SMALLINT AS year,
        value::INTEGER AS persons,
        status,
        coalesce(status = 'constructed', FALSE) AS constructed
    FROM source
),

-- SSB lists old and new codes together; "." marks a year in which a code was not in use.
final AS (
    SELECT * FROM renamed
    WHERE coalesce(status, '') != '.'
)

SELECT * FROM final
