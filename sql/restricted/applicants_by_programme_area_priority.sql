-- restricted.applicants_by_programme_area_priority
-- Grain: one row per application year × priority × applied for × programme area × level × right
-- Key: application_year, priority, applies_for, programme_area_code, level, right_to_education
-- Unit: applications (one person has several); kept when the persons are deleted
-- Sources: raw.vigo_applicants_totals
WITH source AS (
    SELECT * FROM raw.vigo_applicants_totals
),

renamed AS (
    SELECT
        soknadsaar::SMALLINT AS application_year,
        prioritet::SMALLINT AS priority,
        CASE soker_til WHEN 'skole' THEN 'school' WHEN 'laereplass' THEN 'apprenticeship' END
            AS applies_for,
        programomraade AS programme_area_code,
        trinn::SMALLINT AS level,
        CASE rett
            WHEN 'ungdom' THEN 'youth' WHEN 'voksen' THEN 'adult' WHEN 'ingen' THEN 'none'
        END AS right_to_education,
        antall AS applications,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT
        application_year,
        priority,
        applies_for,
        programme_area_code,
        level,
        right_to_education,
        sum(applications)::BIGINT AS applications,
        bool_or(constructed) AS constructed
    FROM renamed
    GROUP BY ALL
)

SELECT * FROM final
