-- mart.municipality
-- Grain: one row per municipality code × period in which code, name and class of centrality stood
-- Key: municipality_code, valid_from
-- Unit: koder og navn, ingen tall
-- Sources: staging.municipality, staging.municipality_centrality, reference.regions,
--   reference.region_membership, reference.county_name
-- Title: Kommuner over tid
-- Row: én rad per kommunenummer og tidsrom der nummer, navn og sentralitetsklasse sto uendret
-- Users: alle tabeller etter område, for dagens grenser; planleggere som leter etter et gammelt
--   kommunenummer
WITH pieces AS (
    SELECT
        municipality.municipality_code,
        municipality.municipality,
        greatest(municipality.valid_from, class.valid_from) AS valid_from,
        least(
            coalesce(municipality.valid_to, DATE '9999-12-31'),
            coalesce(class.valid_to, DATE '9999-12-31')
        ) AS valid_to,
        class.centrality_code,
        class.centrality,
        class.constructed
    FROM staging.municipality AS municipality
    INNER JOIN staging.municipality_centrality AS class
        ON
            municipality.municipality_code = class.municipality_code
            AND municipality.valid_from < coalesce(class.valid_to, DATE '9999-12-31')
            AND class.valid_from < coalesce(municipality.valid_to, DATE '9999-12-31')
),

-- What came before the first class known, the whole period where none is.
before AS (
    SELECT
        municipality.municipality_code,
        municipality.municipality,
        municipality.valid_from,
        coalesce(
            min(pieces.valid_from), municipality.valid_to, DATE '9999-12-31'
        ) AS valid_to
    FROM staging.municipality AS municipality
    LEFT JOIN pieces
        ON
            municipality.municipality_code = pieces.municipality_code
            AND municipality.valid_from <= pieces.valid_from
            AND pieces.valid_from < coalesce(municipality.valid_to, DATE '9999-12-31')
    GROUP BY
        municipality.municipality_code,
        municipality.municipality,
        municipality.valid_from,
        municipality.valid_to
),

together AS (
    SELECT * FROM pieces
    UNION ALL
    SELECT
        municipality_code,
        municipality,
        valid_from,
        valid_to,
        NULL AS centrality_code,
        NULL AS centrality,
        FALSE AS constructed
    FROM before
    WHERE valid_from < valid_to
),

intake AS (
    SELECT
        membership.municipality_code,
        regions.region_code,
        regions.name AS region
    FROM reference.region_membership AS membership
    INNER JOIN reference.regions AS regions
        ON membership.region_code = regions.region_code
    WHERE regions.kind = 'intake'
),

counties AS (
    SELECT
        county_code,
        arg_max(name, coalesce(valid_from, '')) AS county
    FROM reference.county_name
    GROUP BY county_code
),

final AS (
    SELECT
        together.municipality_code,
        together.municipality,
        together.valid_from,
        nullif(together.valid_to, DATE '9999-12-31') AS valid_to,
        left(together.municipality_code, 2) AS county_code,
        counties.county,
        intake.region_code AS intake_region_code,
        intake.region AS intake_region,
        together.centrality_code,
        together.centrality,
        together.constructed
    FROM together
    LEFT JOIN intake
        ON together.municipality_code = intake.municipality_code
    LEFT JOIN counties
        ON left(together.municipality_code, 2) = counties.county_code
)

SELECT * FROM final
