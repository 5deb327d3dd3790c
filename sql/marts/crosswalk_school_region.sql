-- mart.crosswalk_school_region
-- Grain: one row per upper-secondary school × kind of region × region; UKJENT where it lies in none
-- Key: organisation_number, kind, region_code
-- Unit: koder og navn, ingen tall
-- Sources: staging.school, reference.regions, reference.region_membership, mart.area
-- Title: Skolene etter region
-- Row: én rad per videregående skole, slags region og region
-- Users: den som summerer skoler til regioner; kontroll av at hver skole har én inntaksregion
-- Column kind: slags region: intake (inntaksregion) eller forum (kompetanseforum)
-- Column valid_from: dagen kommunen hørte til regionen fra
-- Column valid_to: første dag den ikke lenger hører til; tomt der den fortsatt gjør det
-- Column source: hvor det står at kommunen hører til regionen
-- Column confidence: hvor sikkert det er: confirmed (bekreftet), unconfirmed (ikke bekreftet) eller
--   registered (skolens kommune etter skoleregisteret, og ingen region har den)
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
        area.area AS municipality,
        kinds.kind,
        coalesce(membership.region_code, 'UKJENT') AS region_code,
        coalesce(membership.region, 'Ikke i noen region') AS region,
        membership.valid_from,
        membership.valid_to,
        coalesce(membership.source, 'Nasjonalt skoleregister: kommunen er i ingen region')
            AS source,
        coalesce(membership.confidence, 'registered') AS confidence,
        FALSE AS constructed
    FROM staging.school AS school
    CROSS JOIN kinds
    LEFT JOIN mart.area AS area
        ON school.municipality_code = area.area_code
    LEFT JOIN membership
        ON
            school.municipality_code = membership.municipality_code
            AND kinds.kind = membership.kind
    WHERE school.is_upper_secondary
)

SELECT * FROM final
