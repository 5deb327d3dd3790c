-- mart.qualification_cohort_by_area
-- Grain: one row per area × trade × job guarantee × year of start
-- Key: area_code, trade_code, job_guarantee, year
-- Unit: kull; personer; andel 0–1
-- Sources: mart.qualification_cohort, mart.area_municipality, mart.area
-- Title: Kvalifiseringsløp etter område, fag og jobbgaranti
-- Row: én rad per område, fag, med eller uten jobbgaranti, og startår; et kull hører til der
--   vertskommunen ligger
-- Users: regionale kompetanseforum (virker løpene?), statistikkomiteen, NAV
-- Column year: året kullet startet
-- Column cohorts: antall kull som startet dette året
-- Column finished: antall av dem som skulle vært ferdige da det ble talt
-- Column started: personer som startet; summen av det som ikke er skjult
-- Column in_progress: personer som fortsatt er i løpet; summen av det som ikke er skjult
-- Column certified: personer som har fått fagbrev; summen av det som ikke er skjult
-- Column employed: personer i arbeid etter fagbrevet; summen av det som ikke er skjult
-- Column certified_share: de som har fått fagbrev delt på de som startet, 0 til 1, i kull som
--   skulle vært ferdige og der begge tall er åpne
-- Column employed_share: de som er i arbeid etter fagbrevet delt på de som har fått fagbrev, 0 til
--   1, i kull der begge tall er åpne
WITH source AS (
    SELECT * FROM mart.qualification_cohort
),

final AS (
    SELECT
        area.area_code,
        any_value(area.area) AS area,
        any_value(area.area_kind) AS area_kind,
        source.trade_code,
        any_value(source.trade) AS trade,
        source.job_guarantee,
        year(source.started_on)::SMALLINT AS year,
        count(*)::BIGINT AS cohorts,
        count(*) FILTER (WHERE source.ends_on <= source.counted_on)::BIGINT AS finished,
        sum(source.started)::BIGINT AS started,
        sum(source.in_progress)::BIGINT AS in_progress,
        sum(source.certified)::BIGINT AS certified,
        sum(source.employed)::BIGINT AS employed,
        sum(source.certified) FILTER (WHERE source.certified_share IS NOT NULL)::DOUBLE
        / nullif(sum(source.started) FILTER (WHERE source.certified_share IS NOT NULL), 0)
            AS certified_share,
        sum(source.employed) FILTER (WHERE source.employed_share IS NOT NULL)::DOUBLE
        / nullif(sum(source.certified) FILTER (WHERE source.employed_share IS NOT NULL), 0)
            AS employed_share,
        sum(source.hidden_cells)::BIGINT AS hidden_cells,
        bool_or(source.constructed) AS constructed
    FROM source
    INNER JOIN mart.area_municipality AS member
        ON source.municipality_code = member.municipality_code
    INNER JOIN mart.area AS area
        ON member.area_code = area.area_code
    GROUP BY area.area_code, source.trade_code, source.job_guarantee, year(source.started_on)
)

SELECT * FROM final
