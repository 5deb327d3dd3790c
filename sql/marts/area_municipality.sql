-- mart.area_municipality
-- Grain: one row per area × municipality in it, on the borders of the night's day
-- Key: area_code, municipality_code
-- Unit: codes
-- Sources: mart.municipality, mart.region_membership, reference.night
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

final AS (
    SELECT
        municipality_code AS area_code,
        'municipality' AS area_kind,
        municipality_code
    FROM today
    UNION ALL
    SELECT
        region_code AS area_code,
        kind AS area_kind,
        municipality_code
    FROM regions
    UNION ALL
    SELECT
        'centrality-' || ltrim(centrality_code, '0') AS area_code,
        'centrality' AS area_kind,
        municipality_code
    FROM today
    WHERE centrality_code IS NOT NULL
    UNION ALL
    SELECT
        county_code AS area_code,
        'county' AS area_kind,
        municipality_code
    FROM today
)

SELECT * FROM final
