-- staging.apprentice_applicants_by_county_programme
-- Grain: one row per county (0: country) × utdanningsprogram (*: all) × day of the count
-- Key: county_code, programme_code, counted_on
-- Unit: applicants of 1 March, and those of them with an approved contract on the day
-- Sources: raw.udir_apprentice_applicants, reference.utdanningsprogram
WITH source AS (
    SELECT * FROM raw.udir_apprentice_applicants
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
        -- Counted on 1 October and on 31 December.
        make_date(
            regexp_extract(source.column_1, '[0-9]{4}')::INTEGER,
            CASE WHEN source.column_1 ILIKE '%oktober%' THEN 10 ELSE 12 END,
            CASE WHEN source.column_1 ILIKE '%oktober%' THEN 1 ELSE 31 END
        ) AS counted_on,
        source.column_2 ILIKE 'søkere%' AS is_applicants,
        source.column_2 ILIKE '%kontrakter%' AS is_contracts,
        source.value::INTEGER AS number,
        source.status,
        source.constructed
    FROM source
    LEFT JOIN reference.utdanningsprogram AS programmes
        ON regexp_extract(source.id, '[^.]+$') = programmes.udir_id
    -- The page may show the share beside the counts: a share is no number of persons.
    WHERE
        (source.column_1 ILIKE '%oktober%' OR source.column_1 ILIKE '%desember%')
        AND source.column_2 NOT ILIKE '%andel%'
),

final AS (
    SELECT
        county_code,
        programme_code,
        counted_on,
        max(number) FILTER (WHERE is_applicants) AS applicants,
        max(number) FILTER (WHERE is_contracts) AS with_contract,
        max(status) AS status,
        bool_or(constructed) AS constructed
    FROM renamed
    WHERE number IS NOT NULL OR status IS NOT NULL
    GROUP BY county_code, programme_code, counted_on
)

SELECT * FROM final
