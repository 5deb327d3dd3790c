-- staging.vocational_college_applications_by_programme
-- Grain: one row per vocational college × programme × year × semester
-- Key: college_number, programme_code, year, semester
-- Unit: applications, rounded by the source; few may stand as 0
-- Sources: raw.dbh_vocational_applications
WITH source AS (
    SELECT * FROM raw.dbh_vocational_applications
),

renamed AS (
    SELECT
        "Fagskolenummer" AS college_number,
        "Fagskolens navn" AS college,
        "Utdanningstilbudets kode" AS programme_code,
        "Utdanningstilbudets navn" AS programme,
        "Årstall"::SMALLINT AS year,
        CASE "Semester" WHEN '1' THEN 'spring' WHEN '3' THEN 'autumn' END AS semester,
        "Antall søknader" AS applications,
        "Antall søknader_mark" AS mark,
        rounded,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
