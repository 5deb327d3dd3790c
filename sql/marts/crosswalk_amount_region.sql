-- mart.crosswalk_amount_region
-- Grain: one row per crosswalk × measure × period × school or municipality
-- Key: crosswalk, measure, period, code
-- Unit: det kolonnen measure sier
-- Sources: staging.pupils_by_school, staging.employed_by_municipality_industry,
-- mart.crosswalk_school_region, mart.municipality, reference.region_membership
-- Title: Hvor mye overgangstabellene for region dekker, skole for skole og kommune for kommune
-- Row: én rad per overgang, mål, periode og skole eller kommune
-- Users: de som vedlikeholder overgangstabellene: hva som ikke er koblet; mart.crosswalk_coverage
-- Column measure: hva som er talt: pupils (elever 1. oktober) eller employment (sysselsatte som
--   arbeider der)
-- Column code: koden som kobles
-- Column name: navnet på koden
WITH county AS (
    SELECT DISTINCT left(municipality_code, 2) AS county_code FROM reference.region_membership
),

employment AS (
    SELECT
        employed.industry_code,
        employed.municipality_code,
        employed.year,
        sum(employed.employed) AS employed,
        bool_or(employed.constructed) AS constructed
    FROM staging.employed_by_municipality_industry AS employed
    INNER JOIN county
        ON left(employed.municipality_code, 2) = county.county_code
    GROUP BY employed.industry_code, employed.municipality_code, employed.year
),

kinds AS (SELECT DISTINCT kind FROM mart.crosswalk_school_region),

school_region AS (
    SELECT
        'school_region_' || kinds.kind AS crosswalk,
        'pupils' AS measure,
        pupils.school_year_start::VARCHAR AS period,
        pupils.organisation_number AS code,
        any_value(pupils.pupils)::DOUBLE AS amount,
        CASE
            WHEN bool_or(regions.region_code != 'UKJENT') THEN any_value(pupils.pupils)
            ELSE 0
        END AS mapped,
        bool_or(pupils.constructed) AS constructed
    FROM staging.pupils_by_school AS pupils
    INNER JOIN county
        ON pupils.county_code = county.county_code
    CROSS JOIN kinds
    LEFT JOIN mart.crosswalk_school_region AS regions
        ON
            pupils.organisation_number = regions.organisation_number
            AND kinds.kind = regions.kind
    WHERE pupils.organisation_number IS NOT NULL AND pupils.pupils IS NOT NULL
    GROUP BY kinds.kind, pupils.school_year_start, pupils.organisation_number
),

municipality_centrality AS (
    SELECT
        'municipality_centrality' AS crosswalk,
        'employment' AS measure,
        employment.year::VARCHAR AS period,
        employment.municipality_code AS code,
        sum(employment.employed)::DOUBLE AS amount,
        CASE
            WHEN bool_or(class.centrality_code IS NOT NULL) THEN sum(employment.employed)
            ELSE 0
        END AS mapped,
        bool_or(employment.constructed) OR coalesce(bool_or(class.constructed), FALSE)
            AS constructed
    FROM employment
    LEFT JOIN mart.municipality AS class
        ON
            employment.municipality_code = class.municipality_code
            AND class.valid_to IS NULL
    GROUP BY employment.year, employment.municipality_code
),

together AS (
    SELECT * FROM school_region
    UNION ALL
    SELECT * FROM municipality_centrality
),

names AS (
    SELECT
        organisation_number AS code,
        any_value(school) AS name
    FROM mart.crosswalk_school_region
    GROUP BY organisation_number
    UNION ALL
    SELECT
        municipality_code AS code,
        arg_max(municipality, valid_from) AS name
    FROM mart.municipality
    GROUP BY municipality_code
),

final AS (
    SELECT
        together.crosswalk,
        together.measure,
        together.period,
        together.code,
        coalesce(names.name, together.code) AS name,
        round(together.amount, 3) AS amount,
        round(together.mapped, 3)::DOUBLE AS mapped,
        together.constructed
    FROM together
    LEFT JOIN names
        ON together.code = names.code
    WHERE together.amount > 0
)

SELECT * FROM final
