-- staging.apprentice_contracts_by_county_programme
-- Grain: one row per county (0: the country) × utdanningsprogram (*: all) × year (1 October)
-- Key: county_code, programme_code, year
-- Unit: running apprenticeship contracts
-- Sources: raw.udir_apprentice_contracts, reference.utdanningsprogram
WITH source AS (
    SELECT * FROM raw.udir_apprentice_contracts
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
        regexp_extract(source.column_1, '[0-9]{4}')::SMALLINT AS year,
        source.value::INTEGER AS contracts,
        source.status,
        source.constructed
    FROM source
    LEFT JOIN reference.utdanningsprogram AS programmes
        ON regexp_extract(source.id, '[^.]+$') = programmes.udir_id
),

final AS (
    SELECT * FROM renamed
    WHERE contracts IS NOT NULL OR status IS NOT NULL
)

SELECT * FROM final
