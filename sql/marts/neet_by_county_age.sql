-- mart.neet_by_county_age
-- Grain: one row per county × age group (15-29, 30-61) × year
-- Key: area_code, age_group, year
-- Unit: prosent av de bosatte
-- Sources: staging.neet_by_county_age, mart.area
-- Title: Unge og voksne utenfor arbeid, utdanning og tiltak etter fylke
-- Row: én rad per fylke, aldersgruppe (15–29 og 30–61 år) og år
-- Users: NAV, statistikkomiteen og planleggere: hvor Trøndelag står blant fylkene, for unge og
--   for voksne
-- Column age_group: aldersgruppe i år
-- Column percent: personer utenfor arbeid, utdanning og arbeidsmarkedstiltak i prosent av de
--   bosatte
-- Column rank: plass blant fylkene samme år og aldersgruppe; 1 har lavest andel utenfor
-- Column counties: antall fylker med tall samme år og aldersgruppe
WITH source AS (
    SELECT * FROM staging.neet_by_county_age
    WHERE contents_code = 'AndelUtenfor'
),

final AS (
    SELECT
        source.county_code AS area_code,
        area.area,
        area.area_kind,
        source.age_group,
        source.year,
        source.value AS percent,
        CASE
            WHEN area.area_kind = 'county' AND source.value IS NOT NULL
                THEN rank() OVER (
                    PARTITION BY source.age_group, source.year, area.area_kind
                    ORDER BY source.value ASC NULLS LAST
                )
        END AS rank,
        count(source.value) FILTER (WHERE area.area_kind = 'county') OVER (
            PARTITION BY source.age_group, source.year
        ) AS counties,
        source.constructed
    FROM source
    INNER JOIN mart.area AS area
        ON source.county_code = area.area_code
)

SELECT * FROM final
