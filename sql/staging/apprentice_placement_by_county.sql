-- staging.apprentice_placement_by_county
-- Grain: one row per county (0: the country) × year × month of the count
-- Key: county_code, year, month
-- Unit: per cent of applicants with an apprenticeship
-- Sources: raw.udir_apprentice_placement
WITH source AS (
    SELECT * FROM raw.udir_apprentice_placement
),

renamed AS (
    SELECT
        CASE WHEN level = 'Fylke' THEN kode ELSE '0' END AS county_code,
        regexp_extract(column_1, '[0-9]{4}')::SMALLINT AS year,
        CASE regexp_extract(lower(column_1), '[a-zæøå]+')
            WHEN 'august' THEN 8
            WHEN 'oktober' THEN 10
            WHEN 'desember' THEN 12
        END AS month,
        value::DECIMAL(5, 1) AS percent,
        status,
        constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
    WHERE percent IS NOT NULL OR status IS NOT NULL
)

SELECT * FROM final
