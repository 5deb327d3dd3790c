-- staging.intake_by_school_programme_area
-- Grain: one row per school year × school × programme area × level × group (youth, adult)
-- Key: school_year_start, organisation_number, programme_area_code, level, intake_group
-- Unit: places; applicants, offers on the first choice and pupils on 1 October; * where closed
-- Sources: raw.county_intake
WITH source AS (
    SELECT * FROM raw.county_intake
),

renamed AS (
    SELECT
        left(skoleaar, 4)::SMALLINT AS school_year_start,
        orgnr AS organisation_number,
        programomraade AS programme_area_code,
        trinn::SMALLINT AS level,
        CASE gruppe WHEN 'ungdom' THEN 'youth' WHEN 'voksen' THEN 'adult' ELSE gruppe END
            AS intake_group,
        plasser::INTEGER AS places,
        nullif(primaersoekere, '*')::INTEGER AS first_choices,
        nullif(soekere, '*')::INTEGER AS applicants,
        nullif(tilbud_foerstevalg, '*')::INTEGER AS first_choice_offers,
        nullif(elever, '*')::INTEGER AS pupils,
        CASE WHEN primaersoekere = '*' THEN '*' END AS first_choices_mark,
        CASE WHEN soekere = '*' THEN '*' END AS applicants_mark,
        CASE WHEN tilbud_foerstevalg = '*' THEN '*' END AS first_choice_offers_mark,
        CASE WHEN elever = '*' THEN '*' END AS pupils_mark,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
