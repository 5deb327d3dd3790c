-- mart.applicants_by_county_programme
-- Grain: one row per county (0: country) × utdanningsprogram (*: all) × applicant type × year
-- Key: county_code, programme_code, applicant_type, year
-- Unit: applicants on 1 March
-- Sources: staging.applicants_by_county_programme
WITH final AS (
    SELECT
        county_code,
        programme_code,
        applicant_type,
        year,
        applicants,
        constructed
    FROM staging.applicants_by_county_programme
    WHERE applicants IS NOT NULL
)

SELECT * FROM final
