-- mart.area
-- Grain: one row per area that figures are given for: the country, every county, and the county's
--   municipalities, regions and classes of centrality
-- Key: area_code
-- Unit: antall kommuner
-- Sources: mart.area_municipality, reference.county_name
-- Title: Områder
-- Row: én rad per område: landet, et fylke, en kommune, en region eller en sentralitetsklasse
-- Users: alle tabeller «etter område», for navn; planleggere som leter etter en områdekode
-- Column municipalities: antall kommuner i området i dag; tomt for landet og andre fylker
WITH members AS (
    SELECT
        area_code,
        any_value(area) AS area,
        any_value(area_kind) AS area_kind,
        count(*)::BIGINT AS municipalities,
        bool_or(constructed) AS constructed
    FROM mart.area_municipality
    GROUP BY area_code
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
        area_code,
        area,
        area_kind,
        municipalities,
        constructed
    FROM members
    WHERE area_kind != 'county'
    UNION ALL
    SELECT
        counties.area_code,
        counties.area,
        'county' AS area_kind,
        members.municipalities,
        FALSE AS constructed
    FROM counties
    LEFT JOIN members
        ON counties.area_code = members.area_code
    UNION ALL
    SELECT
        '0' AS area_code,
        'Hele landet' AS area,
        'country' AS area_kind,
        NULL AS municipalities,
        FALSE AS constructed
)

SELECT * FROM final
