-- mart.sector_employed_by_area
-- Grain: one row per sector × area of work × year (4th quarter)
-- Key: sector_code, area_code, year
-- Unit: sysselsatte; andel 0–1
-- Sources: mart.employed_by_area_industry, reference.sector
-- Title: Sysselsatte i sektorens næringer etter område
-- Row: én rad per sektor, område (arbeidssted) og år (4. kvartal)
-- Users: bransjefora og planleggere: hvor stor sektoren er i området, uansett yrke
-- Column employed: antall sysselsatte i sektorens næringer i 4. kvartal, uansett yrke; summen av
--   det som ikke er skjult
-- Column sector_share: sektorens sysselsatte delt på alle sysselsatte i området samme år som ikke
--   er skjult, 0 til 1
WITH final AS (
    SELECT
        sector.sector_code,
        any_value(sector.sector) AS sector,
        figures.area_code,
        any_value(figures.area) AS area,
        any_value(figures.area_kind) AS area_kind,
        figures.year,
        sum(figures.employed)::BIGINT AS employed,
        sum(figures.industry_share)::DOUBLE AS sector_share,
        sum(figures.hidden_cells)::BIGINT AS hidden_cells,
        bool_or(figures.constructed) AS constructed
    FROM mart.employed_by_area_industry AS figures
    INNER JOIN reference.sector AS sector
        ON
            figures.industry_code = sector.code
            AND sector.kind = 'industry'
    GROUP BY sector.sector_code, figures.area_code, figures.year
)

SELECT * FROM final
