-- mart.labour_shortage_by_county_occupation
-- Grain: one row per county of the year (0: the country) × occupation (STYRK-08, 4 digits) × year
-- Key: area_code, occupation_code, year
-- Unit: personer som mangler; andel 0–1
-- Sources: staging.labour_shortage_by_county_occupation, staging.occupation, mart.area
-- Title: Mangel på arbeidskraft etter fylke og yrke
-- Row: én rad per fylke (eller landet), yrke og år
-- Users: NAV, planleggere og regionale kompetanseforum: hvilke yrker virksomhetene manglet folk i
-- Column shortage_persons: anslått antall personer virksomhetene mangler, avrundet av NAV; 0 kan
--   være et lite tall
-- Column shortage_share: yrkets del av hele mangelen i området samme år, 0 til 1
WITH source AS (
    SELECT * FROM staging.labour_shortage_by_county_occupation
),

final AS (
    SELECT
        source.county_code AS area_code,
        area.area,
        area.area_kind,
        source.occupation_code,
        coalesce(occupation.occupation, source.occupation) AS occupation,
        source.year,
        source.shortage_persons::BIGINT AS shortage_persons,
        source.shortage_persons / nullif(
            sum(source.shortage_persons) OVER (PARTITION BY source.county_code, source.year), 0
        )::DOUBLE AS shortage_share,
        source.constructed
    FROM source
    INNER JOIN mart.area AS area
        ON source.county_code = area.area_code
    LEFT JOIN staging.occupation AS occupation
        ON source.occupation_code = occupation.occupation_code
)

SELECT * FROM final
