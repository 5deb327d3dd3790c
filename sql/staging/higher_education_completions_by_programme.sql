-- staging.higher_education_completions_by_programme
-- Grain: one row per institution × study programme × level × education × year × semester
-- Key: institution_code, programme_code, level_code, education_code, year, semester
-- Unit: completed study programmes, rounded by the source; few may stand as 0
-- Sources: raw.dbh_completions
WITH source AS (
    SELECT * FROM raw.dbh_completions
),

renamed AS (
    SELECT
        "Institusjonskode" AS institution_code,
        "Institusjonsnavn" AS institution,
        "Studieprogramkode" AS programme_code,
        "Studieprogramnavn" AS programme,
        "Nivåkode" AS level_code,
        "Nivånavn" AS level,
        "NUS-kode" AS education_code,
        "Årstall"::SMALLINT AS year,
        CASE "Semester" WHEN '1' THEN 'spring' WHEN '3' THEN 'autumn' END AS semester,
        "Antall totalt" AS completions,
        "Antall totalt_mark" AS mark,
        rounded,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
