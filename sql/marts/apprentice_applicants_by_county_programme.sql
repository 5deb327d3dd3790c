-- mart.apprentice_applicants_by_county_programme
-- Grain: one row per county (0: country) × utdanningsprogram (*: all) × day of the count
-- Key: county_code, programme_code, counted_on
-- Unit: søkere; andel 0–1
-- Sources: staging.apprentice_applicants_by_county_programme, mart.area, mart.programme
-- Title: Søkere til læreplass og formidlede etter utdanningsprogram
-- Row: én rad per fylke, utdanningsprogram (* er alle) og tellingsdag (1. oktober, 31. desember)
-- Users: yrkesopplæringsnemnda og planleggere: hvor mange søkere som fikk læreplass ved begge
--   tellinger, mot landet
-- Column applicants: søkere til læreplass per 1. mars samme år
-- Column with_contract: de av søkerne som har godkjent kontrakt på tellingsdagen
-- Column without_contract: de av søkerne som ikke har kontrakt på tellingsdagen
WITH final AS (
    SELECT
        seeking.county_code,
        area.area AS county,
        seeking.programme_code,
        CASE seeking.programme_code
            WHEN '*' THEN 'Alle utdanningsprogram' ELSE programme.programme
        END AS programme,
        seeking.counted_on,
        seeking.applicants,
        seeking.with_contract,
        seeking.applicants - seeking.with_contract AS without_contract,
        seeking.with_contract::DOUBLE / nullif(seeking.applicants, 0) AS placed_share,
        seeking.constructed
    FROM staging.apprentice_applicants_by_county_programme AS seeking
    LEFT JOIN mart.area AS area
        ON seeking.county_code = area.area_code
    LEFT JOIN mart.programme AS programme
        ON seeking.programme_code = programme.programme_code
)

SELECT * FROM final
