-- mart.school
-- Grain: one row per upper-secondary school of the county, schools no longer in use included
-- Key: organisation_number
-- Unit: koder og navn, ingen tall
-- Sources: staging.school, reference.regions, reference.region_membership, mart.area
-- Title: Videregående skoler
-- Row: én rad per videregående skole i fylket, også nedlagte
-- Users: alle tabeller etter skole, for navn, sted og eier
-- Column is_active: ja der skolen er i drift
WITH intake AS (
    SELECT
        membership.municipality_code,
        regions.region_code,
        regions.name AS region
    FROM reference.region_membership AS membership
    INNER JOIN reference.regions AS regions
        ON membership.region_code = regions.region_code
    WHERE regions.kind = 'intake'
),

final AS (
    SELECT
        school.organisation_number,
        school.school,
        school.municipality_code,
        school.owner,
        school.is_active,
        intake.region_code AS intake_region_code,
        intake.region AS intake_region,
        area.area AS municipality,
        FALSE AS constructed
    FROM staging.school AS school
    INNER JOIN intake
        ON school.municipality_code = intake.municipality_code
    LEFT JOIN mart.area AS area
        ON school.municipality_code = area.area_code
    WHERE school.is_upper_secondary
)

SELECT * FROM final
