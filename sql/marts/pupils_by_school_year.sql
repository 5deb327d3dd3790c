-- mart.pupils_by_school_year
-- Grain: one row per upper-secondary school of the county × school year
-- Key: organisation_number, school_year_start
-- Unit: elever
-- Sources: staging.pupils_by_school, mart.school, reference.region_membership
-- Title: Elever etter skole
-- Row: én rad per videregående skole i fylket og skoleår
-- Users: framskrivingen; skolene og planleggere: elevtallet på hver skole
-- Column pupils: elever 1. oktober i skoleåret
WITH final AS (
    SELECT
        pupils.school_year_start,
        pupils.organisation_number,
        coalesce(school.school, pupils.school) AS school,
        school.owner,
        school.municipality_code,
        school.municipality,
        school.intake_region_code,
        school.intake_region,
        pupils.pupils,
        pupils.constructed
    FROM staging.pupils_by_school AS pupils
    LEFT JOIN mart.school AS school
        ON pupils.organisation_number = school.organisation_number
    WHERE
        pupils.organisation_number IS NOT NULL
        AND pupils.county_code IN (
            SELECT left(membership.municipality_code, 2)
            FROM reference.region_membership AS membership
        )
)

SELECT * FROM final
