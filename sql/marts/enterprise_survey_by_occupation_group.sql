-- mart.enterprise_survey_by_occupation_group
-- Grain: one row per occupation group × year, the county
-- Key: occupation_group, year
-- Unit: estimated number of missing workers; persons; missing workers per person
-- Sources: staging.enterprise_survey_by_occupation_group, mart.area
-- Title: Bedriftsundersøkelsen: mangel i fylket etter yrkesgruppe
-- Row: én rad per yrkesgruppe og år, Trøndelag
-- Users: NAV, planleggere og regionale kompetanseforum: om det finnes ledige med bakgrunnen som
--   mangler
-- Column occupation_group: NAVs yrkesgruppe; kilden har ingen kode
-- Column shortage_persons: anslått antall som virksomhetene mangler
-- Column unemployed_persons: antall helt ledige og på tiltak med bakgrunn i yrkesgruppen
-- Column shortage_per_unemployed: mangelen delt på ledige og på tiltak; over 1 er det færre
--   ledige enn det mangler folk
WITH source AS (
    SELECT * FROM staging.enterprise_survey_by_occupation_group
),

final AS (
    SELECT
        area.area_code,
        area.area,
        area.area_kind,
        source.occupation_group,
        source.year,
        source.shortage_persons,
        source.unemployed_persons,
        source.shortage_persons / nullif(source.unemployed_persons, 0)::DOUBLE
            AS shortage_per_unemployed,
        source.constructed
    FROM source
    INNER JOIN mart.area AS area
        ON area.area_code = '50'
)

SELECT * FROM final
