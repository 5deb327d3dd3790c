-- staging.applicants_by_county_programme_level
-- Grain: one row per county × utdanningsprogram (*: all) × level × year
-- Key: county_code, programme_code, level, year
-- Unit: applicants on 1 March
-- Sources: raw.udir_applicants_by_level, reference.utdanningsprogram
WITH source AS (
    SELECT * FROM raw.udir_applicants_by_level
),

-- A row's id is the path to it: 1 the country, 1.44 a county, 1.44.-16 a programme in it.
counties AS (
    SELECT DISTINCT
        id AS county_id,
        kode AS county_code
    FROM source
    WHERE level = 'Fylke'
),

renamed AS (
    SELECT
        CASE
            WHEN source.level = 'Fylke' THEN source.kode
            ELSE coalesce(counties.county_code, '0')
        END AS county_code,
        CASE
            WHEN source.level = 'Utdanningsprogram' THEN programmes.programme_code
            ELSE '*'
        END AS programme_code,
        regexp_extract(source.column_2, '(?i)vg *([1-4])', 1)::SMALLINT AS level,
        regexp_extract(source.column_1, '[0-9]{4}')::SMALLINT AS year,
        source.value::INTEGER AS applicants,
        source.status,
        source.constructed
    FROM source
    LEFT JOIN counties
        ON regexp_replace(source.id, '[.][^.]+$', '') = counties.county_id
    LEFT JOIN reference.utdanningsprogram AS programmes
        ON regexp_extract(source.id, '[^.]+$') = programmes.udir_id
),

final AS (
    SELECT * FROM renamed
    WHERE applicants IS NOT NULL OR status IS NOT NULL
)

SELECT * FROM final
