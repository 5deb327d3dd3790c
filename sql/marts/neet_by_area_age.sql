-- mart.neet_by_area_age
-- Grain: one row per county (0: the country) × age group × year
-- Key: area_code, age_group, year
-- Unit: personer; prosent av de bosatte; endring i prosentpoeng
-- Sources: staging.neet_by_region_age, mart.area
-- Title: Unge utenfor arbeid, utdanning og tiltak, foreløpige og endelige tall
-- Row: én rad per fylke (eller landet), aldersgruppe og år
-- Users: NAV, statistikkomiteen og planleggere: hvor mange unge som står utenfor, og hvor mye de
--   foreløpige tallene ble endret
-- Column age_group: aldersgruppe i år
-- Column persons_provisional: antall personer utenfor, slik det først ble publisert; tomt når
--   foreløpige tall ikke er hentet
-- Column persons_final: antall personer utenfor i den endelige utgaven; tomt når den ikke er
--   kommet eller kilden ikke har tallet
-- Column percent_provisional: personer utenfor i prosent av de bosatte, slik det først ble
--   publisert
-- Column percent_final: personer utenfor i prosent av de bosatte, i den endelige utgaven
-- Column percent_revision: endelig minus foreløpig prosent, i prosentpoeng; tomt til begge finnes
-- Column provisional_seen_on: datoen (norsk tid) da den foreløpige utgaven først ble hentet
-- Column final_seen_on: datoen (norsk tid) da den endelige utgaven først ble hentet
WITH pivoted AS (
    SELECT
        area_code,
        age_group,
        year,
        any_value(value) FILTER (WHERE contents_code = 'Bosatte' AND release = 'provisional')
            AS persons_provisional,
        any_value(value) FILTER (WHERE contents_code = 'Bosatte' AND release = 'final')
            AS persons_final,
        any_value(value) FILTER (
            WHERE contents_code = 'BosatteProsent' AND release = 'provisional'
        ) AS percent_provisional,
        any_value(value) FILTER (WHERE contents_code = 'BosatteProsent' AND release = 'final')
            AS percent_final,
        min(vintage) FILTER (WHERE release = 'provisional') AS provisional_seen_on,
        min(vintage) FILTER (WHERE release = 'final') AS final_seen_on,
        bool_or(constructed) AS constructed
    FROM staging.neet_by_region_age
    GROUP BY area_code, age_group, year
),

final AS (
    SELECT
        pivoted.area_code,
        area.area,
        area.area_kind,
        pivoted.age_group,
        pivoted.year,
        round(pivoted.persons_provisional)::BIGINT AS persons_provisional,
        round(pivoted.persons_final)::BIGINT AS persons_final,
        pivoted.percent_provisional,
        pivoted.percent_final,
        round(pivoted.percent_final - pivoted.percent_provisional, 1) AS percent_revision,
        pivoted.provisional_seen_on,
        pivoted.final_seen_on,
        pivoted.constructed
    FROM pivoted
    INNER JOIN mart.area AS area
        ON pivoted.area_code = area.area_code
)

SELECT * FROM final
