-- mart.region_membership
-- Grain: one row per region × municipality; forum regions may overlap, intake regions do not
-- Key: region_code, municipality_code
-- Unit: codes
-- Sources: reference.regions, reference.region_membership, staging.municipality
WITH source AS (
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
        source.confidence
    FROM source
    LEFT JOIN names
        ON source.municipality_code = names.municipality_code
)

SELECT * FROM final
