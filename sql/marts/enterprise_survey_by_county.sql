-- mart.enterprise_survey_by_county
-- Grain: one row per county (0: the country) × year
-- Key: area_code, year
-- Unit: personer som mangler; stramhet; prosent av virksomhetene
-- Sources: staging.enterprise_survey_by_county, mart.area
-- Title: Bedriftsundersøkelsen: mangel på arbeidskraft etter fylke
-- Row: én rad per fylke (eller landet) og år
-- Users: NAV, statistikkomiteen og planleggere: hvor mye arbeidskraft som mangler, og hvor
--   sikkert tallet er
-- Column shortage_low: nedre grense i NAVs konfidensintervall for mangelen; tom når den ikke er
--   publisert
-- Column shortage_high: øvre grense i NAVs konfidensintervall for mangelen; tom når den ikke er
--   publisert
-- Column tightness: NAVs stramhetsindikator slik NAV oppgir den; høyere er et strammere
--   arbeidsmarked
-- Column serious_percent: virksomheter med alvorlige rekrutteringsproblemer, i prosent av alle
WITH source AS (
    SELECT * FROM staging.enterprise_survey_by_county
),

-- NAV's regions of 2021-2023 are no counties and have no code here.
final AS (
    SELECT
        source.county_code AS area_code,
        area.area,
        area.area_kind,
        source.year,
        source.shortage_persons,
        source.shortage_low,
        source.shortage_high,
        source.tightness::DOUBLE AS tightness,
        source.serious_percent::DOUBLE AS serious_percent,
        source.constructed
    FROM source
    INNER JOIN mart.area AS area
        ON source.county_code = area.area_code
)

SELECT * FROM final
