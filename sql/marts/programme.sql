-- mart.programme
-- Grain: one row per utdanningsprogram
-- Key: programme_code
-- Unit: koder og navn, ingen tall
-- Sources: reference.utdanningsprogram
-- Title: Utdanningsprogram
-- Row: én rad per utdanningsprogram
-- Users: alle tabeller etter utdanningsprogram, for navn; framskrivingen
-- Column udir_id: nummeret programmet har i Utdanningsdirektoratets statistikkportal
-- Column branch: slags program: studieforberedende, yrkesfaglig eller paabygg (påbygging til
--   generell studiekompetanse)
-- Column county_wide: ja der søkerne i hele fylket konkurrerer likt om plassene
WITH source AS (
    SELECT * FROM reference.utdanningsprogram
),

final AS (
    SELECT
        programme_code,
        name AS programme,
        udir_id,
        branch,
        county_wide = 'true' AS county_wide,
        confidence,
        FALSE AS constructed
    FROM source
)

SELECT * FROM final
