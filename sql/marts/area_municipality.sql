-- mart.area_municipality
-- Grain: one row per area × municipality in it, on the borders of the night's day
-- Key: area_code, municipality_code
-- Unit: koder og navn, ingen tall
-- Sources: mart.municipality, mart.region_membership, reference.county_name,
--   reference.night
-- Title: Kommunene i hvert område
-- Row: én rad per område og kommune i det; en kommune er også sitt eget område
-- Users: alle tabeller «etter område»; analytikere som summerer egne kommunetall
WITH today AS (
    SELECT municipality.*
    FROM mart.municipality AS municipality
    CROSS JOIN reference.night AS night
    WHERE
        municipality.valid_from <= night.as_of
        AND coalesce(municipality.valid_to, DATE '9999-12-31') > night.as_of
        AND municipality.intake_region_code IS NOT NULL
),

regions AS (
    SELECT
        membership.region_code,
        membership.region,
        membership.kind,
        membership.municipality_code
    FROM mart.region_membership AS membership
    CROSS JOIN reference.night AS night
    INNER JOIN today
        ON membership.municipality_code = today.municipality_code
    WHERE
        membership.valid_from <= night.as_of
        AND coalesce(membership.valid_to, DATE '9999-12-31') > night.as_of
),

counties AS (
    SELECT
        county_code,
        arg_max(name, coalesce(valid_from, '')) AS county
    FROM reference.county_name
    GROUP BY county_code
),

together AS (
    SELECT
        municipality_code AS area_code,
        municipality AS area,
        'municipality' AS area_kind,
        municipality_code,
        FALSE AS constructed
    FROM today
    UNION ALL
    SELECT
        region_code AS area_code,
        region AS area,
        kind AS area_kind,
        municipality_code,
        FALSE AS constructed
    FROM regions
    UNION ALL
    SELECT
        'centrality-' || ltrim(centrality_code, '0') AS area_code,
        concat('Sentralitet ', ltrim(centrality_code, '0'), ': ', centrality) AS area,
        'centrality' AS area_kind,
        municipality_code,
        constructed
    FROM today
    WHERE centrality_code IS NOT NULL
    UNION ALL
    SELECT
        today.county_code AS area_code,
        counties.county AS area,
        'county' AS area_kind,
        today.municipality_code,
        FALSE AS constructed
    FROM today
    LEFT JOIN counties
        ON today.county_code = counties.county_code
),

final AS (
    SELECT
        together.area_code,
        together.area,
        together.area_kind,
        together.municipality_code,
        today.municipality,
        together.constructed
    FROM together
    INNER JOIN today
        ON together.municipality_code = today.municipality_code
)

SELECT * FROM final
