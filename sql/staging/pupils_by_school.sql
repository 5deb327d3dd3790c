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
            -- A programme or school of the country lies under no county.
            ELSE coalesce(source.parent, '0')
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
