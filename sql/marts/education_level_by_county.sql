-- mart.education_level_by_county
-- Grain: one row per county (borders of the year) × level of education × year
-- Key: area_code, education_level_code, year
-- Unit: personer; andel 0–1
-- Sources: staging.education_level_by_county, mart.area
-- Title: Befolkningens utdanningsnivå etter fylke
-- Row: én rad per fylke (årets grenser), utdanningsnivå og år
-- Users: statistikkomiteen og planleggere: hvor stor del av befolkningen som har fullført hvert
--   nivå
-- Column education_level_code: utdanningsnivået slik kilden koder det (Statistisk sentralbyrå,
--   tabell 09429); 00 er alle nivåer
-- Column education_level: navnet på utdanningsnivået
-- Column persons: antall personer 16 år og eldre
-- Column education_level_share: personer med nivået delt på alle som er 16 år og eldre i fylket
--   samme år, 0 til 1
WITH source AS (
    SELECT * FROM staging.education_level_by_county
    WHERE contents_code = 'Personer'
),

final AS (
    SELECT
        source.county_code AS area_code,
        area.area,
        area.area_kind,
        source.level_code AS education_level_code,
        source.education_level,
        source.year,
        round(source.value)::BIGINT AS persons,
        source.value / nullif(
            max(source.value) FILTER (WHERE source.level_code = '00') OVER (
                PARTITION BY source.county_code, source.year
            ), 0
        ) AS education_level_share,
        source.constructed
    FROM source
    INNER JOIN mart.area AS area
        ON source.county_code = area.area_code
)

SELECT * FROM final
