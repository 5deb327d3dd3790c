-- staging.vocational_college_students_outside_census
-- Grain: one row per vocational college × programme × year × semester
-- Key: college, programme, year, semester
-- Unit: active students outside the count, rounded by the source; few may stand as 0
-- Sources: raw.dbh_vocational_students_outside
WITH source AS (
    SELECT * FROM raw.dbh_vocational_students_outside
),

renamed AS (
    SELECT
        -- The table is summed by names: it has no codes to sum by.
        "Fagskolens navn" AS college,
        "Utdanningstilbudets navn" AS programme,
        "Årstall"::SMALLINT AS year,
        CASE "Semesternavn" WHEN 'Vår' THEN 'spring' WHEN 'Høst' THEN 'autumn' END AS semester,
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
