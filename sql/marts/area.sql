-- mart.area
-- Grain: one row per area that figures are given for: the country, every county, and the county's
--   municipalities, regions and classes of centrality
-- Key: area_code
-- Unit: codes; municipalities: number in the area, null outside the county
-- Sources: mart.area_municipality, mart.municipality, mart.region_membership,
--   reference.county_name, reference.night
-- Title: Områder
-- Row: ett område: landet, et fylke, en kommune, en region eller en sentralitetsklasse
-- Users: alle tabeller «etter område», for navn; planleggere som leter etter en områdekode
-- Column municipalities: antall kommuner i området
WITH members AS (
    SELECT
        area_code,
        any_value(area_kind) AS area_kind,
        count(*)::BIGINT AS municipalities
    FROM mart.area_municipality
    GROUP BY area_code
),

names AS (
    SELECT
        municipality.municipality_code AS area_code,
        any_value(municipality.municipality) AS area
    FROM mart.municipality AS municipality
    CROSS JOIN reference.night AS night
    WHERE
        municipality.valid_from <= night.as_of
        AND coalesce(municipality.valid_to, DATE '9999-12-31') > night.as_of
    GROUP BY municipality.municipality_code
    UNION ALL
    SELECT
        region_code AS area_code,
        any_value(region) AS area
    FROM mart.region_membership
    GROUP BY region_code
    UNION ALL
    SELECT
        'centrality-' || ltrim(centrality_code, '0') AS area_code,
        concat('Sentralitet ', ltrim(centrality_code, '0'), ': ', any_value(centrality)) AS area
    FROM mart.municipality
    WHERE centrality_code IS NOT NULL
    GROUP BY centrality_code
),

counties AS (
    SELECT
        county_code AS area_code,
        arg_max(name, coalesce(valid_from, '')) AS area
    FROM reference.county_name
    GROUP BY county_code
),

final AS (
    SELECT
        members.area_code,
        names.area,
        members.area_kind,
        members.municipalities
    FROM members
    INNER JOIN names
        ON members.area_code = names.area_code
    UNION ALL
    SELECT
        counties.area_code,
        counties.area,
        'county' AS area_kind,
        members.municipalities
    FROM counties
    LEFT JOIN members
        ON counties.area_code = members.area_code
    UNION ALL
    SELECT
        '0' AS area_code,
        'Hele landet' AS area,
        'country' AS area_kind,
        NULL AS municipalities
)

SELECT * FROM final
