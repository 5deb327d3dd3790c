-- staging.pupils_by_school
-- Grain: one row per county × school (null: the county; county 0: the country) × school year
-- Key: county_code, organisation_number, school_year_start
-- Unit: pupils on 1 October
-- Sources: raw.udir_pupils
WITH source AS (
    SELECT * FROM raw.udir_pupils
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
        CASE WHEN source.level = 'Skole' THEN source.kode END AS organisation_number,
        CASE WHEN source.level = 'Skole' THEN source.navn END AS school,
        left(source.column_1, 4)::SMALLINT AS school_year_start,
        source.value::INTEGER AS pupils,
        source.status,
        source.constructed
    FROM source
),

-- A school that did not exist in a year has an empty cell there.
final AS (
    SELECT * FROM renamed
    WHERE pupils IS NOT NULL OR status IS NOT NULL
)

SELECT * FROM final
