-- mart.enterprise_survey_by_occupation_group
-- Grain: one row per occupation group × year, the county
-- Key: occupation_group, year
-- Unit: personer; mangel per ledig
-- Sources: staging.enterprise_survey_by_occupation_group, mart.area
-- Title: Bedriftsundersøkelsen: mangel i fylket etter yrkesgruppe
-- Row: én rad per yrkesgruppe og år, Trøndelag
-- Users: NAV, planleggere og regionale kompetanseforum: om det finnes ledige med bakgrunnen som
--   mangler
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
