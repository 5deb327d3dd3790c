-- mart.sector_workforce_by_area
-- Grain: one row per sector × area of work × occupation of the sector, or * for all, × year
-- Key: sector_code, area_code, occupation_code, year
-- Unit: sysselsatte; andel 0–1
-- Sources: mart.employed_by_municipality_occupation, reference.sector, mart.area,
--   mart.area_municipality
-- Title: Arbeidsstyrken i sektoren etter område og yrke
-- Row: én rad per sektor, område (arbeidssted), yrke (eller * for alle sektorens yrker) og år
-- Users: forumet for helse og omsorg, andre bransjefora og planleggere: hvor mange som er 55 år
--   eller eldre, arbeider deltid, er midlertidig ansatt eller mangler fagutdanning
-- Column occupation_code: yrkeskode i STYRK-08; * er alle yrkene som hører til sektoren
-- Column occupation: navnet på yrket, eller «Alle yrker i sektoren»
-- Column employed: antall sysselsatte 15–74 år i 4. kvartal, etter arbeidssted; summen av de
--   kommunene som ikke er skjult
-- Column hidden_cells: antall tall kilden har skjult for yrkene og kommunene i raden, talt over de
--   fem antallene; de er ikke med i summene
WITH figures AS (
    SELECT * FROM mart.employed_by_municipality_occupation
),

final AS (
    SELECT
        sector.sector_code,
        any_value(sector.sector) AS sector,
        members.area_code,
        any_value(area.area) AS area,
        any_value(area.area_kind) AS area_kind,
        CASE WHEN grouping(figures.occupation_code) = 1 THEN '*' ELSE figures.occupation_code END
            AS occupation_code,
        CASE
            WHEN grouping(figures.occupation_code) = 1 THEN 'Alle yrker i sektoren'
            ELSE any_value(figures.occupation)
        END AS occupation,
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
    INNER JOIN reference.sector AS sector
        ON
            figures.occupation_code = sector.code
            AND sector.kind = 'occupation'
    INNER JOIN mart.area_municipality AS members
        ON figures.municipality_code = members.municipality_code
    INNER JOIN mart.area AS area
        ON members.area_code = area.area_code
    GROUP BY GROUPING SETS (
        (sector.sector_code, members.area_code, figures.year, figures.occupation_code),
        (sector.sector_code, members.area_code, figures.year)
    )
)

SELECT * FROM final
