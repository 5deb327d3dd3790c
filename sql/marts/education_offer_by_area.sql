-- mart.education_offer_by_area
-- Grain: one row per area × kind of offer × mode, offers that are given now
-- Key: area_code, offer_kind_code, study_mode_code
-- Unit: tilbud; tilbydere; plasser
-- Sources: mart.education_offer, mart.area_municipality, mart.area
-- Title: Utdanningstilbud som gis nå, etter område, slag og studieform
-- Row: én rad per område, slags tilbud og studieform; et nettilbud er talt der tilbyderen
--   holder til
-- Users: regionale kompetanseforum (hva finnes i regionen), planleggere
-- Column offers: antall tilbud som gis nå
-- Column providers: antall tilbydere
-- Column places: plasser i de tilbudene der en kilde har dem
-- Column offers_without_places: antall tilbud der ingen kilde har plassene
WITH source AS (
    SELECT * FROM mart.education_offer
    WHERE offer_status_code = 'gis'
),

final AS (
    SELECT
        area.area_code,
        any_value(area.area) AS area,
        any_value(area.area_kind) AS area_kind,
        source.offer_kind_code,
        any_value(source.offer_kind) AS offer_kind,
        source.study_mode_code,
        any_value(source.study_mode) AS study_mode,
        count(*)::BIGINT AS offers,
        count(DISTINCT source.provider_code)::BIGINT AS providers,
        sum(source.places)::BIGINT AS places,
        count(*) FILTER (WHERE source.places IS NULL)::BIGINT AS offers_without_places,
        bool_or(source.constructed) AS constructed
    FROM source
    INNER JOIN mart.area_municipality AS member
        ON source.municipality_code = member.municipality_code
    INNER JOIN mart.area AS area
        ON member.area_code = area.area_code
    GROUP BY area.area_code, source.offer_kind_code, source.study_mode_code
)

SELECT * FROM final
