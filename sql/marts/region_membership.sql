-- mart.region_membership
-- Grain: one row per region × municipality; forum and own regions may overlap, others do not
-- Key: region_code, municipality_code
-- Unit: koder og navn, ingen tall
-- Sources: reference.regions, reference.region_membership, reference.own_region,
--   reference.night, staging.municipality
-- Title: Regioner og kommunene i dem
-- Row: én rad per region og kommune
-- Users: alle som bryter tall ned på region; planleggere som ser hvilke kommuner en region omfatter
-- Column kind: slags region: intake (inntaksregion), forum (kompetanseforum), own (egen region)
-- Column confidence: hvor sikkert medlemskapet er: confirmed (bekreftet), unconfirmed (ikke
--   bekreftet) eller own (fylkets egen fil)
WITH declared AS (
    SELECT
        regions.region_code,
        regions.name AS region,
        regions.kind,
        membership.municipality_code,
        membership.valid_from::DATE AS valid_from,
        membership.valid_to::DATE AS valid_to,
        membership.confidence
    FROM reference.region_membership AS membership
    INNER JOIN reference.regions AS regions
        ON membership.region_code = regions.region_code
),

-- A named set of municipalities in a file is a region from the first night that reads it.
own AS (
    SELECT
        own_region.region_code,
        own_region.region,
        'own' AS kind,
        own_region.municipality_code,
        night.as_of AS valid_from,
        NULL::DATE AS valid_to,
        'own' AS confidence
    FROM reference.own_region AS own_region
    CROSS JOIN reference.night AS night
),

source AS (
    SELECT * FROM declared
    UNION ALL
    SELECT * FROM own
),

names AS (
    SELECT
        municipality_code,
        arg_max(municipality, valid_from) AS municipality
    FROM staging.municipality
    GROUP BY municipality_code
),

final AS (
    SELECT
        source.region_code,
        source.region,
        source.kind,
        source.municipality_code,
        names.municipality,
        source.valid_from,
        source.valid_to,
        source.confidence,
        FALSE AS constructed
    FROM source
    LEFT JOIN names
        ON source.municipality_code = names.municipality_code
)

SELECT * FROM final
