-- mart.programme_area
-- Grain: one row per programme area (Grep)
-- Key: programme_area_code
-- Unit: koder og navn, ingen tall
-- Sources: reference.programme_area, mart.programme
-- Title: Programområder
-- Row: én rad per programområde i tilbudsstrukturen
-- Users: alle tabeller etter programområde, for navn og oppbygging; framskrivingen
-- Column builds_on: programområdene det bygger på, med mellomrom imellom
-- Column leads_to: hva det fører til: vg2, vg3, apprenticeship (læreplass), study
--   (studiekompetanse) eller work (yrke)
WITH source AS (
    SELECT * FROM reference.programme_area
),

final AS (
    SELECT
        source.code AS programme_area_code,
        source.programme_code,
        source.level::SMALLINT AS level,
        source.name AS programme_area,
        source.builds_on,
        source.leads_to,
        programme.programme,
        FALSE AS constructed
    FROM source
    LEFT JOIN mart.programme AS programme
        ON source.programme_code = programme.programme_code
)

SELECT * FROM final
