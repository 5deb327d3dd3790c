-- staging.compulsory_school_pupils_by_municipality
-- Grain: one row per county or municipality × school year × measure
-- Key: area_code, school_year_start, measure
-- Unit: pupils on 1 October, or schools, as measure says; * where suppressed
-- Sources: raw.udir_compulsory_pupils
WITH source AS (
    SELECT * FROM raw.udir_compulsory_pupils
    WHERE level IN ('Fylke', 'Kommune')
),

renamed AS (
    SELECT
        kode AS area_code,
        level = 'Fylke' AS is_county,
        left(column_1, 4)::SMALLINT AS school_year_start,
        CASE
            WHEN column_6 = 'Antall elever' THEN 'pupils'
            WHEN column_6 ILIKE '%tilrettelagt%' THEN 'pupils_with_adapted_teaching'
            WHEN column_6 ILIKE '%forsterket%norsk%' THEN 'pupils_with_reinforced_norwegian'
            WHEN column_6 ILIKE 'Antall skoler' THEN 'schools'
            ELSE column_6
        END AS measure,
        value::INTEGER AS number,
        status,
        constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
    WHERE number IS NOT NULL OR status IS NOT NULL
)

SELECT * FROM final
