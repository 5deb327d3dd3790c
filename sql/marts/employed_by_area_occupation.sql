-- mart.employed_by_area_occupation
-- Grain: one row per area of work × occupation (STYRK-08, 2 or 4 digits) × year (4th quarter)
-- Key: area_code, occupation_code, year
-- Unit: sysselsatte; andel 0–1
-- Sources: mart.employed_by_municipality_occupation, mart.area, mart.area_municipality
-- Title: Sysselsatte etter område og yrke: alder, deltid, midlertidige og utdanning
-- Row: én rad per område (arbeidssted), yrke og år (4. kvartal)
-- Users: planleggere, NAV og regionale kompetanseforum: hvor mange som arbeider i yrket, hvor
--   mange som er 55 år eller eldre, og på hvilke vilkår
-- Column employed: antall sysselsatte 15–74 år i 4. kvartal, etter arbeidssted; summen av de
--   kommunene som ikke er skjult
-- Column hidden_cells: antall tall kilden har skjult for kommunene i området, talt over de fem
--   antallene i raden; de er ikke med i summene
WITH figures AS (
    SELECT * FROM mart.employed_by_municipality_occupation
),

final AS (
    SELECT
        members.area_code,
        area.area,
        area.area_kind,
        figures.occupation_code,
        figures.occupation,
        figures.digits,
        figures.year,
        sum(figures.employed)::BIGINT AS employed,
        sum(figures.employed_55_plus)::BIGINT AS employed_55_plus,
        sum(figures.employed_55_plus)
        / sum(figures.employed) FILTER (WHERE figures.employed_55_plus IS NOT NULL)::DOUBLE
            AS employed_55_plus_share,
        sum(figures.part_time)::BIGINT AS part_time,
        sum(figures.part_time)
        / sum(figures.employed) FILTER (WHERE figures.part_time IS NOT NULL)::DOUBLE
            AS part_time_share,
        sum(figures.temporary)::BIGINT AS temporary,
        sum(figures.temporary)
        / sum(figures.employed) FILTER (WHERE figures.temporary IS NOT NULL)::DOUBLE
            AS temporary_share,
        sum(figures.without_training)::BIGINT AS without_training,
        sum(figures.without_training)
        / sum(figures.employed) FILTER (WHERE figures.without_training IS NOT NULL)::DOUBLE
            AS without_training_share,
        5 * count(*)
        - count(figures.employed)
        - count(figures.employed_55_plus)
        - count(figures.part_time)
        - count(figures.temporary)
        - count(figures.without_training) AS hidden_cells,
        bool_or(figures.constructed) AS constructed
    FROM figures
    INNER JOIN mart.area_municipality AS members
        ON figures.municipality_code = members.municipality_code
    INNER JOIN mart.area AS area
        ON members.area_code = area.area_code
    GROUP BY
        members.area_code,
        area.area,
        area.area_kind,
        figures.occupation_code,
        figures.occupation,
        figures.digits,
        figures.year
)

SELECT * FROM final
