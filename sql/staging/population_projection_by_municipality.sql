-- staging.population_projection_by_municipality
-- Grain: one row per area × sex × age × year (1 January) × alternative; area 0 is the whole country
-- Key: area_code, sex, age, year, alternative
-- Unit: persons
-- Sources: raw.ssb_projection, reference.projection_alternative
WITH source AS (
    SELECT * FROM raw.ssb_projection
),

renamed AS (
    SELECT
        source.region::VARCHAR AS area_code,
        CASE source.kjonn::VARCHAR WHEN '1' THEN 'male' WHEN '2' THEN 'female' END AS sex,
        rtrim(source.alder::VARCHAR, '+')::SMALLINT AS age,
        source.tid::VARCHAR::SMALLINT AS year,
        -- Which contents code is which alternative differs between editions: a reference file says it.
        alternatives.alternative,
        source.value::INTEGER AS persons,
        source.status,
        coalesce(source.status = 'constructed', FALSE) AS constructed
    FROM source
    INNER JOIN reference.projection_alternative AS alternatives
        ON source.contentscode::VARCHAR = alternatives.contents_code
),

final AS (
    SELECT * FROM renamed
    WHERE coalesce(status, '') != '.'
)

SELECT * FROM final
