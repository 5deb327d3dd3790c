-- mart.intake_by_area_programme
-- Grain: one row per area × school year × utdanningsprogram × level × group (youth, adult)
-- Key: area_code, school_year_start, programme_code, level, intake_group
-- Unit: plasser; personer; andel 0–1
-- Sources: mart.intake_by_school_programme_area, mart.area_municipality, mart.area
-- Title: Inntak etter område og utdanningsprogram
-- Row: én rad per område, skoleår, utdanningsprogram, trinn og gruppe
-- Users: regionale kompetanseforum og statistikkomiteen: om tilbudet i regionen er stort nok, og
--   hvor plasser står tomme; planleggere som sammenlikner regioner
-- Column places: plasser på skolene i området på tellingsdagen
-- Column first_choices: søkere med et av tilbudene som førstevalg
-- Column first_choice_offers: de av dem som fikk tilbudet
-- Column pupils: elever 1. oktober på skolene i området; for voksne deltakere
-- Column empty_places: plasser uten elev 1. oktober, summert over tilbudene der elevtallet ikke er
--   skjult; et fullt tilbud trekker ikke fra et tomt
-- Column fill_share: elever delt på plasser i de tilbudene der elevtallet ikke er skjult; over 1
--   der det er flere elever enn plasser
-- Column first_choice_fulfilment_share: de som fikk førstevalget sitt delt på alle førstevalg, 0
--   til 1, der begge tall ikke er skjult
-- Column first_choices_turned_away: søkere som ikke fikk førstevalget sitt, summert over tilbudene
--   der begge tall ikke er skjult
WITH rolled AS (
    SELECT
        area.area_code,
        intake.school_year_start,
        intake.counted_on,
        intake.programme_code,
        intake.programme,
        intake.level,
        intake.intake_group,
        intake.intake_group_name,
        sum(intake.places)::BIGINT AS places,
        sum(intake.first_choices)::BIGINT AS first_choices,
        sum(intake.first_choice_offers)::BIGINT AS first_choice_offers,
        sum(intake.pupils)::BIGINT AS pupils,
        sum(intake.empty_places)::BIGINT AS empty_places,
        sum(intake.pupils)::DOUBLE
        / nullif(sum(intake.places) FILTER (WHERE intake.pupils IS NOT NULL), 0) AS fill_share,
        sum(intake.first_choices) FILTER (WHERE intake.first_choices_turned_away IS NOT NULL)
            AS first_choices_shown,
        sum(intake.first_choices_turned_away)::BIGINT AS first_choices_turned_away,
        sum(intake.hidden_cells)::BIGINT AS hidden_cells,
        bool_or(intake.constructed) AS constructed
    FROM mart.intake_by_school_programme_area AS intake
    INNER JOIN mart.area_municipality AS area
        ON intake.municipality_code = area.municipality_code
    WHERE intake.programme_code IS NOT NULL
    GROUP BY ALL
),

final AS (
    SELECT
        rolled.area_code,
        area.area,
        area.area_kind,
        rolled.school_year_start,
        rolled.counted_on,
        rolled.programme_code,
        rolled.programme,
        rolled.level,
        rolled.intake_group,
        rolled.intake_group_name,
        rolled.places,
        rolled.first_choices,
        rolled.first_choice_offers,
        rolled.pupils,
        rolled.empty_places,
        rolled.fill_share,
        1 - rolled.first_choices_turned_away::DOUBLE / nullif(rolled.first_choices_shown, 0)::DOUBLE
            AS first_choice_fulfilment_share,
        rolled.first_choices_turned_away,
        rolled.hidden_cells,
        rolled.constructed
    FROM rolled
    INNER JOIN mart.area AS area
        ON rolled.area_code = area.area_code
)

SELECT * FROM final
