-- staging.population_projection_by_municipality
-- Grain: one row per area × age × year (1 January) × alternative; area 0 is the whole country
-- Key: area_code, age, year, alternative
-- Unit: persons
-- Sources: raw.ssb_projection, reference.projection_alternative
WITH source AS (
    SELECT * FROM raw.ssb_projection
),

renamed AS (
    SELECT
        source."Region"::VARCHAR AS area_code,
        rtrim(source."Alder"::VARCHAR, '+')::SMALLINT AS age,
        source."Tid"::VARCHAR::SMALLINT AS year,
        -- Which contents code is which alternative differs between editions: a file says it.
        alternatives.alternative,
        source.value::INTEGER AS persons,
        source.status,
        coalesce(source.status = 'constructed', FALSE) AS constructed
    FROM source
    INNER JOIN reference.projection_alternative AS alternatives
        ON source."ContentsCode"::VARCHAR = alternatives.contents_code
),

final AS (
    SELECT * FROM renamed
    WHERE coalesce(status, '') != '.'
)

SELECT * FROM final
