-- mart.sector_definition
-- Grain: one row per sector × kind × code that belongs to it
-- Key: sector_code, kind, code
-- Unit: koder og navn, ingen tall
-- Sources: reference.sector, reference.crosswalk_industry_occupation, staging.industry,
--   staging.occupation, staging.programme_area
-- Title: Hva som hører til hver sektor
-- Row: én rad per sektor og næring, yrke, yrkesgruppe, programområde, lærefag eller utdanning som
--   hører til den
-- Users: bransjefora og planleggere: hvordan sektoren er avgrenset, før tallene om den brukes;
--   avgrensningen endres i data/reference/sector.csv
-- Column kind: industry (næring), occupation (yrke), occupation_group (NAVs yrkesgruppe),
--   programme_area (programområde), trade (lærefag) eller education (utdanning med praksisplasser)
-- Column code: koden i kodelisten som kind sier
-- Column name: navnet på koden; NAVs yrkesgrupper og utdanninger med praksis har bare koden
-- Column basis: hva avgrensningen bygger på
-- Column confidence: confirmed når avgrensningen er bekreftet av sektoren, ellers unconfirmed
WITH names AS (
    SELECT DISTINCT
        'industry' AS kind,
        industry_code AS code,
        industry_name AS name
    FROM reference.crosswalk_industry_occupation
    UNION
    SELECT
        'industry' AS kind,
        industry_code AS code,
        industry AS name
    FROM staging.industry
    WHERE level = 2
    UNION
    SELECT
        'occupation' AS kind,
        occupation_code AS code,
        occupation AS name
    FROM staging.occupation
    UNION
    SELECT
        unnest(['programme_area', 'trade']) AS kind,
        programme_area_code AS code,
        name
    FROM staging.programme_area
),

final AS (
    SELECT
        sector.sector_code,
        any_value(sector.sector) AS sector,
        sector.kind,
        sector.code,
        -- A group of one division has a name in both lists of industries.
        coalesce(
            min(names.name),
            CASE WHEN sector.kind IN ('occupation_group', 'education') THEN sector.code END
        ) AS name,
        any_value(sector.source) AS basis,
        any_value(sector.confidence) AS confidence,
        FALSE AS constructed
    FROM reference.sector AS sector
    LEFT JOIN names
        ON
            sector.kind = names.kind
            AND sector.code = names.code
    GROUP BY sector.sector_code, sector.kind, sector.code
)

SELECT * FROM final
