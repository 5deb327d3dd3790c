-- staging.applicants_by_county_programme
-- Grain: one row per county (0: country) × utdanningsprogram (*: all) × applicant type × year
-- Key: county_code, programme_code, applicant_type, year
-- Unit: applicants on 1 March
-- Sources: raw.udir_applicants, reference.utdanningsprogram
WITH source AS (
    SELECT * FROM raw.udir_applicants
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
        CASE
            WHEN source.column_2 ILIKE '%i alt%' THEN 'all'
            WHEN source.column_2 ILIKE '%til skole%' THEN 'school'
            WHEN source.column_2 ILIKE '%læreplass%' THEN 'apprenticeship'
        END AS applicant_type,
        regexp_extract(source.column_1, '[0-9]{4}')::SMALLINT AS year,
        source.value::INTEGER AS applicants,
        source.status,
        source.constructed
    FROM source
    LEFT JOIN reference.utdanningsprogram AS programmes
        ON regexp_extract(source.id, '[^.]+$') = programmes.udir_id
),

-- The page has a cell for every combination; programmes have figures for all applicants only.
final AS (
    SELECT * FROM renamed
    WHERE applicants IS NOT NULL OR status IS NOT NULL
)

SELECT * FROM final
