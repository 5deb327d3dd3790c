-- mart.employed_by_area_industry
-- Grain: one row per area of work × industry group (SN2007) × year (4th quarter)
-- Key: area_code, industry_code, year
-- Unit: sysselsatte; andel 0–1
-- Sources: staging.employed_by_municipality_industry, reference.municipality_carry,
--   reference.crosswalk_industry_occupation, mart.area, mart.area_municipality
-- Title: Sysselsatte etter område og næring
-- Row: én rad per område (arbeidssted), næringsgruppe og år (4. kvartal)
-- Users: regionale kompetanseforum og planleggere: hvilke næringer området lever av, og hvordan
--   de har endret seg
-- Column industry_code: næringsgruppe i SN2007, som 86-88; 00 er uoppgitt
-- Column industry: navnet på næringsgruppen
-- Column employed: antall sysselsatte 15–74 år i 4. kvartal, etter arbeidssted; summen av de
--   kommunene som ikke er skjult
-- Column industry_share: næringens sysselsatte delt på alle sysselsatte i området samme år som ikke
--   er skjult, 0 til 1
WITH carried AS (
    SELECT
        coalesce(carry.to_code, source.municipality_code) AS municipality_code,
        source.industry_code,
        source.year,
        source.employed * coalesce(carry.weight, 1) AS employed,
        source.constructed
    FROM staging.employed_by_municipality_industry AS source
    LEFT JOIN reference.municipality_carry AS carry
        ON
            source.municipality_code = carry.from_code
            AND source.year = carry.year
    WHERE source.contents_code = 'Sysselsatte'
),

industries AS (
    SELECT DISTINCT
        industry_code,
        industry_name AS industry
    FROM reference.crosswalk_industry_occupation
),

summed AS (
    SELECT
        members.area_code,
        carried.industry_code,
        carried.year,
        round(sum(carried.employed))::BIGINT AS employed,
        count(*) FILTER (WHERE carried.employed IS NULL) AS hidden_cells,
        bool_or(carried.constructed) AS constructed
    FROM carried
    INNER JOIN mart.area_municipality AS members
        ON carried.municipality_code = members.municipality_code
    GROUP BY members.area_code, carried.industry_code, carried.year
),

final AS (
    SELECT
        summed.area_code,
        area.area,
        area.area_kind,
        summed.industry_code,
        industries.industry,
        summed.year,
        summed.employed,
        summed.employed / sum(summed.employed) OVER (
            PARTITION BY summed.area_code, summed.year
        )::DOUBLE AS industry_share,
        summed.hidden_cells,
        summed.constructed
    FROM summed
    INNER JOIN mart.area AS area
        ON summed.area_code = area.area_code
    LEFT JOIN industries
        ON summed.industry_code = industries.industry_code
)

SELECT * FROM final
