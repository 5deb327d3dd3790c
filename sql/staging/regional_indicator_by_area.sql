-- staging.regional_indicator_by_area
-- Grain: one row per indicator × country, county or municipality × year
-- Key: indicator_code, area_code, year
-- Unit: percent; numerator and denominator are persons, null where closed or not told
-- Sources: raw.county_rki
WITH source AS (
    SELECT * FROM raw.county_rki
),

renamed AS (
    SELECT
        indikator AS indicator_code,
        omraade AS area_code,
        aar::SMALLINT AS year,
        nullif(teller, '*')::BIGINT AS numerator,
        nevner::BIGINT AS denominator,
        replace(nullif(verdi, '*'), ',', '.')::DECIMAL(6, 2) AS percent,
        CASE WHEN verdi = '*' THEN '*' END AS mark,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
