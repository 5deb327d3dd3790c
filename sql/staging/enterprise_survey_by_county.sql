-- staging.enterprise_survey_by_county
-- Grain: one row per area (county, or NAV region 2021-2023) × year
-- Key: area, year
-- Unit: estimated number of missing workers, with interval where published; tightness; per cent
-- Sources: raw.nav_survey_county, staging.county
WITH source AS (
    SELECT * FROM raw.nav_survey_county
),

counties AS (
    SELECT
        county_code,
        split_part(county, ' - ', 1) AS county
    FROM staging.county
),

renamed AS (
    SELECT
        source.area,
        CASE
            WHEN source.area IN ('Landet', 'Hele landet', 'Norge') THEN '0'
            ELSE counties.county_code
        END AS county_code,
        source.year::SMALLINT AS year,
        source.shortage::BIGINT AS shortage_persons,
        source.shortage_low::BIGINT AS shortage_low,
        source.shortage_high::BIGINT AS shortage_high,
        source.tightness::DECIMAL(4, 1) AS tightness,
        source.serious_percent::DECIMAL(4, 1) AS serious_percent,
        coalesce(source.constructed = 'ja', FALSE) AS constructed
    FROM source
    LEFT JOIN counties ON split_part(source.area, ' - ', 1) = counties.county
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
