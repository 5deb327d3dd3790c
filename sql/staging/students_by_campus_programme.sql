-- staging.students_by_campus_programme
-- Grain: one row per institution × campus × study programme × level × education × semester
-- Key: institution_code, campus_code, programme_code, level_code, education_code, year, semester
-- Unit: registered students, rounded by the source; few may stand as 0
-- Sources: raw.dbh_students
WITH source AS (
    SELECT * FROM raw.dbh_students
),

renamed AS (
    SELECT
        "Institusjonskode" AS institution_code,
        "Institusjonsnavn" AS institution,
        "Stedkode campus" AS campus_code,
        "Stednavn campus" AS campus,
        -- By the borders of the year; a campus keeps the code that it was reported with.
        "Kommunenummer campus" AS municipality_code,
        "Studieprogramkode" AS programme_code,
        "Studieprogramnavn" AS programme,
        "Nivåkode" AS level_code,
        "Nivånavn" AS level,
        "NUS-kode" AS education_code,
        "Årstall"::SMALLINT AS year,
        CASE "Semester" WHEN '1' THEN 'spring' WHEN '3' THEN 'autumn' END AS semester,
        "Antall" AS students,
        "Antall_mark" AS mark,
        rounded,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
