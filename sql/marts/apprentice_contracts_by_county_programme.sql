-- mart.apprentice_contracts_by_county_programme
-- Grain: one row per county (0: the country) × utdanningsprogram (*: all) × year (1 October)
-- Key: county_code, programme_code, year
-- Unit: kontrakter
-- Sources: staging.apprentice_contracts_by_county_programme, mart.area, mart.programme
-- Title: Løpende lærekontrakter etter utdanningsprogram
-- Row: én rad per fylke (0 er landet), utdanningsprogram (* er alle) og år
-- Users: framskrivingen av læreplasser; yrkesopplæringsnemnda: hvor mange som er i lære, mot landet
-- Column contracts: løpende lærekontrakter 1. oktober
WITH final AS (
    SELECT
        contracts.county_code,
        contracts.programme_code,
        contracts.year,
        contracts.contracts,
        area.area AS county,
        CASE contracts.programme_code
            WHEN '*' THEN 'Alle utdanningsprogram' ELSE programme.programme
        END AS programme,
        contracts.constructed
    FROM staging.apprentice_contracts_by_county_programme AS contracts
    LEFT JOIN mart.area AS area
        ON contracts.county_code = area.area_code
    LEFT JOIN mart.programme AS programme
        ON contracts.programme_code = programme.programme_code
    WHERE contracts.contracts IS NOT NULL
)

SELECT * FROM final
