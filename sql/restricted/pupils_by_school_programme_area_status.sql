-- restricted.pupils_by_school_programme_area_status
-- Grain: one row per school year × school × programme area × level × status
-- Key: school_year_start, organisation_number, programme_area_code, level, status
-- Unit: pupils; kept when the persons are deleted
-- Sources: raw.vigo_pupils_totals
WITH source AS (
    SELECT * FROM raw.vigo_pupils_totals
),

renamed AS (
    SELECT
        left(skoleaar, 4)::SMALLINT AS school_year_start,
        skole_orgnr AS organisation_number,
        programomraade AS programme_area_code,
        trinn::SMALLINT AS level,
        CASE status WHEN 'elev' THEN 'enrolled' WHEN 'sluttet' THEN 'left' END AS status,
        antall AS pupils,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT
        school_year_start,
        organisation_number,
        programme_area_code,
        level,
        status,
        sum(pupils)::BIGINT AS pupils,
        bool_or(constructed) AS constructed
    FROM renamed
    GROUP BY ALL
)

SELECT * FROM final
