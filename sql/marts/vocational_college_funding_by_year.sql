-- mart.vocational_college_funding_by_year
-- Grain: one row per year
-- Key: year
-- Unit: plasser; kroner; andel 0–1
-- Sources: mart.vocational_college_funding_by_offer
-- Title: Tilskudd til fagskolene, år for år
-- Row: én rad per år
-- Users: fylkesting og hovedutvalg (hva fylket bruker på fagskole), fagskolerådgivere
-- Column colleges: antall fagskoler med tilskudd
-- Column offers: antall tilbud med plasser
-- Column net_share: andelen av plassene over året som er på nett, 0 til 1
-- Column grant_million_nok: tilskuddet i året, millioner kroner med én desimal
WITH source AS (
    SELECT * FROM mart.vocational_college_funding_by_offer
),

final AS (
    SELECT
        year,
        count(DISTINCT college_number)::BIGINT AS colleges,
        count(*)::BIGINT AS offers,
        sum(places_spring)::BIGINT AS places_spring,
        sum(places_autumn)::BIGINT AS places_autumn,
        sum(places_spring + places_autumn)::DOUBLE / 2 AS place_years,
        coalesce(
            sum(places_spring + places_autumn) FILTER (WHERE study_mode_code = 'nett'), 0
        )::DOUBLE / nullif(sum(places_spring + places_autumn), 0) AS net_share,
        sum(grant_nok)::BIGINT AS grant_nok,
        round(sum(grant_nok)::BIGINT / 1e6, 1)::DOUBLE AS grant_million_nok,
        bool_or(constructed) AS constructed
    FROM source
    GROUP BY year
)

SELECT * FROM final
