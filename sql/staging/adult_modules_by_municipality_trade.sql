-- staging.adult_modules_by_municipality_trade
-- Grain: one row per year × trade that is sought × municipality of teaching (50: the county)
-- Key: year, trade_code, municipality_code
-- Unit: adults, modules begun and passed, certificates; * where closed
-- Sources: raw.county_adult_modules
WITH source AS (
    SELECT * FROM raw.county_adult_modules
),

renamed AS (
    SELECT
        aar::SMALLINT AS year,
        laerefag AS trade_code,
        kommune AS municipality_code,
        nullif(deltakere, '*')::INTEGER AS participants,
        nullif(moduler_startet, '*')::INTEGER AS modules_started,
        nullif(moduler_bestaatt, '*')::INTEGER AS modules_passed,
        nullif(fagbrev, '*')::INTEGER AS certificates,
        CASE WHEN deltakere = '*' THEN '*' END AS participants_mark,
        CASE WHEN moduler_startet = '*' THEN '*' END AS modules_mark,
        CASE WHEN fagbrev = '*' THEN '*' END AS certificates_mark,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
