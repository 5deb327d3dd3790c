-- staging.higher_education_admission_by_programme
-- Grain: one row per institution × study programme × year × semester
-- Key: institution_code, programme_code, year, semester
-- Unit: applications, offers, accepted, enrolled; rounded by the source, few may stand as 0
-- Sources: raw.dbh_admission
WITH source AS (
    SELECT * FROM raw.dbh_admission
),

renamed AS (
    SELECT
        "Institusjonskode" AS institution_code,
        "Institusjonsnavn" AS institution,
        "Studieprogramkode" AS programme_code,
        "Studieprogramnavn" AS programme,
        "Årstall"::SMALLINT AS year,
        CASE "Semester" WHEN '1' THEN 'spring' WHEN '3' THEN 'autumn' END AS semester,
        "Søknadsalternativer" AS applications,
        "Tilbud om opptak" AS offers,
        "Akseptert tilbud" AS accepted,
        "Møtt til studiestart" AS enrolled,
        coalesce(
            "Søknadsalternativer_mark",
            "Tilbud om opptak_mark",
            "Akseptert tilbud_mark",
            "Møtt til studiestart_mark"
        ) AS mark,
        rounded,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
