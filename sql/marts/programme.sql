-- mart.programme
-- Grain: one row per utdanningsprogram
-- Key: programme_code
-- Unit: codes
-- Sources: reference.utdanningsprogram
-- Title: Utdanningsprogram
-- Row: ett utdanningsprogram
-- Users: alle tabeller etter utdanningsprogram, for navn; framskrivingen
-- Column udir_id: nummeret programmet har i Utdanningsdirektoratets statistikkportal
-- Column branch: studieforberedende, yrkesfaglig eller paabygg
-- Column county_wide: ja der søkerne i hele fylket konkurrerer likt om plassene
-- Column confidence: confirmed (bekreftet) eller unconfirmed (ikke bekreftet)
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
