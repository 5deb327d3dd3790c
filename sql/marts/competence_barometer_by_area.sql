-- mart.competence_barometer_by_area
-- Grain: one row per question × county (0: the country) × year
-- Key: area_code, question, year
-- Unit: prosent av virksomhetene som svarte
-- Sources: staging.competence_barometer_by_area, mart.area
-- Title: NHOs kompetansebarometer
-- Row: én rad per spørsmål, fylke (eller landet) og år
-- Users: planleggere og regionale kompetanseforum: hvilken kompetanse NHOs medlemmer sier at de
--   trenger
-- Column question: spørsmålet slik NHO stiller det; kilden har ingen kode
-- Column percent: virksomheter som svarer dette, i prosent av dem som svarte
-- Column percent_above_country: fylkets prosent minus landets for samme spørsmål og år,
--   prosentpoeng
WITH source AS (
    SELECT * FROM staging.competence_barometer_by_area
),

final AS (
    SELECT
        source.county_code AS area_code,
        area.area,
        area.area_kind,
        source.question,
        source.year,
        source.percent::DOUBLE AS percent,
        round(source.percent - country.percent, 1)::DOUBLE AS percent_above_country,
        source.constructed
    FROM source
    INNER JOIN mart.area AS area
        ON source.county_code = area.area_code
    LEFT JOIN source AS country
        ON
            country.county_code = '0'
            AND source.question = country.question
            AND source.year = country.year
)

SELECT * FROM final
