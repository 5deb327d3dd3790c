-- mart.employed_by_occupation_education_level
-- Grain: one row per occupation (STYRK-08, 2 digits) × level of education × year, the country
-- Key: occupation_code, education_level_code, year
-- Unit: sysselsatte; andel 0–1
-- Sources: staging.employed_by_occupation_education, staging.occupation, mart.area
-- Title: Sysselsatte i landet etter yrke og utdanningsnivå
-- Row: én rad per yrkesgruppe (to sifre), utdanningsnivå og år, hele landet
-- Users: planleggere: hvilket utdanningsnivå yrkene rekrutterer fra
-- Column education_level_code: utdanningsnivået slik Statistisk sentralbyrå koder det i tabellen
-- Column education_level: navnet på utdanningsnivået
-- Column employed: antall sysselsatte i 4. kvartal
-- Column education_level_share: sysselsatte med nivået delt på alle i yrkesgruppen samme år, 0 til
--   1
WITH source AS (
    SELECT * FROM staging.employed_by_occupation_education
),

final AS (
    SELECT
        area.area_code,
        area.area,
        area.area_kind,
        source.occupation_code,
        occupation.occupation,
        source.education_level_code,
        source.education_level,
        source.year,
        source.persons AS employed,
        source.persons / sum(source.persons) OVER (
            PARTITION BY source.occupation_code, source.year
        )::DOUBLE AS education_level_share,
        source.constructed
    FROM source
    INNER JOIN mart.area AS area
        ON area.area_code = '0'
    LEFT JOIN staging.occupation AS occupation
        ON source.occupation_code = occupation.occupation_code
)

SELECT * FROM final
