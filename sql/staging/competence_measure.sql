-- staging.competence_measure
-- Grain: one row per measure × year
-- Key: measure_code, year
-- Unit: persons (* where the source closes fewer than five), and kroner
-- Sources: raw.county_measures
WITH source AS (
    SELECT * FROM raw.county_measures
),

renamed AS (
    SELECT
        tiltak AS measure_code,
        aar::SMALLINT AS year,
        program AS measure_programme,
        navn AS measure,
        lower(trim(maalgruppe)) AS target_group_code,
        kommune AS municipality_code,
        CASE WHEN deltakere != '*' THEN deltakere::INTEGER END AS participants,
        CASE WHEN deltakere = '*' THEN deltakere END AS participants_mark,
        kostnad_kr::BIGINT AS cost_nok,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
