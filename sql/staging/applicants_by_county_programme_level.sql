-- staging.applicants_by_county_programme_level
-- Grain: one row per county × utdanningsprogram (*: all) × level × year
-- Key: county_code, programme_code, level, year
-- Unit: applicants on 1 March
-- Sources: raw.udir_applicants_by_level, reference.utdanningsprogram
WITH source AS (
    SELECT * FROM raw.udir_applicants_by_level
),

renamed AS (
    SELECT
        CASE
            WHEN source.level = 'Fylke' THEN source.kode
            -- -12 stands for all counties. A row whose county is not there is nobody's, and least
            -- of all the country's: the suite stops it.
            WHEN regexp_replace(source.id, '[.][^.]+$', '') IN ('1', '1.-12') THEN '0'
            ELSE source.parent
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
    LEFT JOIN reference.utdanningsprogram AS programmes
        ON regexp_extract(source.id, '[^.]+$') = programmes.udir_id
),

final AS (
    SELECT * FROM renamed
    WHERE applicants IS NOT NULL OR status IS NOT NULL
)

SELECT * FROM final
