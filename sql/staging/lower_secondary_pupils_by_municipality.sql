-- staging.lower_secondary_pupils_by_municipality
-- Grain: one row per county or municipality × school year × grade (8, 9, 10)
-- Key: area_code, school_year_start, grade
-- Unit: pupils on 1 October; * where suppressed
-- Sources: raw.udir_lower_secondary_pupils
WITH source AS (
    SELECT * FROM raw.udir_lower_secondary_pupils
    WHERE level IN ('Fylke', 'Kommune') AND column_6 = 'Antall elever'
),

renamed AS (
    SELECT
        kode AS area_code,
        level = 'Fylke' AS is_county,
        left(column_1, 4)::SMALLINT AS school_year_start,
        -- The grade stands in one of two headers: its group, and itself.
        regexp_extract(column_3, '^[0-9]+')::SMALLINT AS grade,
        value::INTEGER AS pupils,
        status,
        constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
    WHERE pupils IS NOT NULL OR status IS NOT NULL
)

SELECT * FROM final
