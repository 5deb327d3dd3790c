-- mart.crosswalk_school_region
-- Grain: one row per upper-secondary school × kind of region × region; UKJENT where it lies in none
-- Key: organisation_number, kind, region_code
-- Unit: codes; forum regions overlap, so a school may lie in several
-- Sources: staging.school, reference.regions, reference.region_membership
WITH kinds AS (
    SELECT DISTINCT kind FROM reference.regions
),

membership AS (
    SELECT
        regions.kind,
        regions.region_code,
        regions.name AS region,
        membership.municipality_code,
        membership.valid_from::DATE AS valid_from,
        membership.valid_to::DATE AS valid_to,
        membership.source,
        membership.confidence
    FROM reference.region_membership AS membership
    INNER JOIN reference.regions AS regions
        ON membership.region_code = regions.region_code
),

final AS (
    SELECT
        school.organisation_number,
        school.school,
        school.municipality_code,
        kinds.kind,
        coalesce(membership.region_code, 'UKJENT') AS region_code,
        coalesce(membership.region, 'Ikke i noen region') AS region,
        membership.valid_from,
        membership.valid_to,
        coalesce(membership.source, 'Nasjonalt skoleregister: kommunen er i ingen region')
            AS source,
        coalesce(membership.confidence, 'registered') AS confidence
    FROM staging.school AS school
    CROSS JOIN kinds
    LEFT JOIN membership
        ON
            school.municipality_code = membership.municipality_code
            AND kinds.kind = membership.kind
    WHERE school.is_upper_secondary
)

SELECT * FROM final
