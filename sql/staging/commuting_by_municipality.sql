-- staging.commuting_by_municipality
-- Grain: one row per municipality of residence × municipality of work × year (4th quarter)
-- Key: home_municipality_code, work_municipality_code, year
-- Unit: employed persons
-- Sources: raw.ssb_commuting
WITH source AS (
    SELECT * FROM raw.ssb_commuting
),

renamed AS (
    SELECT
        "Bokommuner"::VARCHAR AS home_municipality_code,
        "ArbstedKomm"::VARCHAR AS work_municipality_code,
        "Tid"::VARCHAR::SMALLINT AS year,
        value::BIGINT AS persons,
        nullif(status, 'constructed') AS status,
        coalesce(status = 'constructed', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
    WHERE coalesce(status, '') != '.'
)

SELECT * FROM final
