-- mart.lower_secondary_points_by_county
-- Grain: one row per county (0: the country) × year of leaving lower-secondary school
-- Key: county_code, year
-- Unit: grunnskolepoeng, gjennomsnitt (0–60)
-- Sources: staging.lower_secondary_points_by_county,
--   staging.lower_secondary_points_by_county_udir, mart.area
-- Title: Grunnskolepoeng etter fylke, to kilder
-- Row: én rad per fylke og år elevene gikk ut av tiende trinn
-- Users: inntakskontoret og statistikkomiteen: nivået på dem som kommer, mot andre fylker
-- Column points_ssb: gjennomsnittlige grunnskolepoeng hos Statistisk sentralbyrå (tabell 07495)
-- Column points_udir: gjennomsnittlige grunnskolepoeng hos Utdanningsdirektoratet
-- Column sources_differ: ja der begge har et tall og tallene ikke er like
WITH final AS (
    SELECT
        coalesce(ssb.county_code, udir.county_code) AS county_code,
        area.area AS county,
        coalesce(ssb.year, udir.year) AS year,
        ssb.points::DOUBLE AS points_ssb,
        udir.points::DOUBLE AS points_udir,
        coalesce(ssb.points != udir.points, FALSE) AS sources_differ,
        coalesce(ssb.constructed, FALSE) OR coalesce(udir.constructed, FALSE) AS constructed
    FROM staging.lower_secondary_points_by_county AS ssb
    FULL JOIN staging.lower_secondary_points_by_county_udir AS udir
        ON
            ssb.county_code = udir.county_code
            AND ssb.year = udir.year
    LEFT JOIN mart.area AS area
        ON coalesce(ssb.county_code, udir.county_code) = area.area_code
    WHERE ssb.points IS NOT NULL OR udir.points IS NOT NULL
)

SELECT * FROM final
