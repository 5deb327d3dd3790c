-- staging.transition_by_programme_area
-- Grain: one row per school year × programme area × level × destination a year later
-- Key: school_year_start, programme_area_code, level, destination_code
-- Unit: pupils on 1 October of the school year; * where closed
-- Sources: raw.county_transitions
WITH source AS (
    SELECT * FROM raw.county_transitions
),

renamed AS (
    SELECT
        left(skoleaar, 4)::SMALLINT AS school_year_start,
        programomraade AS programme_area_code,
        trinn::SMALLINT AS level,
        CASE overgang
            WHEN 'neste_trinn' THEN 'next_level'
            WHEN 'laereplass' THEN 'apprenticeship'
            WHEN 'omvalg' THEN 're_choice'
            WHEN 'samme_trinn' THEN 'same_level'
            WHEN 'fullfoert' THEN 'completed'
            WHEN 'sluttet' THEN 'left'
            ELSE overgang
        END AS destination_code,
        nullif(antall, '*')::INTEGER AS pupils,
        CASE WHEN antall = '*' THEN '*' END AS mark,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
