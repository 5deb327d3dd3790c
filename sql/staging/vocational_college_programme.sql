-- staging.vocational_college_programme
-- Grain: one row per programme of a vocational college
-- Key: college_number, programme_code
-- Unit: codes, and credits
-- Sources: raw.dbh_vocational_programmes
WITH source AS (
    SELECT * FROM raw.dbh_vocational_programmes
),

renamed AS (
    SELECT
        "Fagskolenummer" AS college_number,
        "Fagskolens navn" AS college,
        "Utdanningstilbudets kode" AS programme_code,
        "Utdanningstilbudets navn" AS programme,
        "NUS-kode" AS education_code,
        "Kommunenummer" AS municipality_code,
        try_cast(replace("Studiepoeng", ',', '.') AS DECIMAL(5, 1)) AS credits,
        "Utdanningsform" AS form_of_study,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
