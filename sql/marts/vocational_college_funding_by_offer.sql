-- mart.vocational_college_funding_by_offer
-- Grain: one row per offer of a vocational college × campus × year
-- Key: offer_code, year
-- Unit: plasser; kroner
-- Sources: staging.vocational_college_funding_by_offer, mart.area, reference.code_name
-- Title: Tilskudd til fagskoletilbud
-- Row: én rad per fagskoletilbud, studiested og år
-- Users: fagskolerådgivere (plasser og tilskudd per tilbud), fylkets budsjett
-- Column rate_nok: satsen for én plass i ett år, kroner
WITH source AS (
    SELECT * FROM staging.vocational_college_funding_by_offer
),

final AS (
    SELECT
        concat_ws(
            ':', 'fagskole', source.college_number, source.programme_code, source.municipality_code
        ) AS offer_code,
        source.year,
        source.college_number,
        source.college,
        source.programme_code AS college_programme_code,
        source.programme AS college_programme,
        source.municipality_code,
        area.area AS municipality,
        source.mode_code AS study_mode_code,
        study_mode.name AS study_mode,
        source.places_spring,
        source.places_autumn,
        (source.places_spring + source.places_autumn) / 2 AS place_years,
        source.rate_nok,
        source.grant_nok,
        source.constructed
    FROM source
    LEFT JOIN mart.area AS area
        ON source.municipality_code = area.area_code
    LEFT JOIN reference.code_name AS study_mode
        ON source.mode_code = study_mode.code AND study_mode.list = 'offer_mode'
)

SELECT * FROM final
