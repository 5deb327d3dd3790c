-- mart.applicants_by_county_programme
-- Grain: one row per county (0: country) × utdanningsprogram (*: all) × applicant type × year
-- Key: county_code, programme_code, applicant_type, year
-- Unit: søkere
-- Sources: staging.applicants_by_county_programme, mart.area, mart.programme
-- Title: Søkere til videregående opplæring
-- Row: én rad per fylke (0 er landet), utdanningsprogram (* er alle), slags søker og år
-- Users: framskrivingen av søkere; inntakskontoret og statistikkomiteen: hva ungdommen velger,
--   mot landet
-- Column applicant_type: slags søker: all (alle), school (søkere til skole) eller apprenticeship
--   (søkere til læreplass); etter utdanningsprogram finnes bare alle
-- Column applicants: søkere per 1. mars, hver talt én gang, på førstevalget
WITH final AS (
    SELECT
        applicants.county_code,
        applicants.programme_code,
        applicants.applicant_type,
        applicants.year,
        applicants.applicants,
        area.area AS county,
        CASE applicants.programme_code
            WHEN '*' THEN 'Alle utdanningsprogram' ELSE programme.programme
        END AS programme,
        applicants.constructed
    FROM staging.applicants_by_county_programme AS applicants
    LEFT JOIN mart.area AS area
        ON applicants.county_code = area.area_code
    LEFT JOIN mart.programme AS programme
        ON applicants.programme_code = programme.programme_code
    WHERE applicants.applicants IS NOT NULL
)

SELECT * FROM final
