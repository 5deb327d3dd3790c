-- mart.transition_by_programme_area
-- Grain: one row per school year × programme area × level × destination a year later
-- Key: school_year_start, programme_area_code, level, destination_code
-- Unit: elever; andel 0–1
-- Sources: staging.transition_by_programme_area, staging.intake_by_school_programme_area,
--   mart.programme_area, reference.education_code
-- Title: Overganger etter programområde
-- Row: én rad per skoleår, programområde, trinn og hvor elevene var ett år etter
-- Users: planleggere og statistikkomiteen: hvor mange som går videre, i lære, til påbygg, gjør
--   omvalg eller blir borte; den som sammenlikner før og etter august 2024 skiller på regime
-- Column destination_code: koden til stedet: next_level, apprenticeship, paabygg, re_choice,
--   same_level, completed eller left
-- Column pupils: elever som var der; tomt der tallet er skjult
-- Column pupils_before: alle elevene på programområdet 1. oktober i skoleåret; tomt der noen av
--   skolenes tall er skjult
-- Column destination_share: elever som var der delt på alle elevene på programområdet i skoleåret,
--   0 til 1
WITH before AS (
    SELECT
        school_year_start,
        programme_area_code,
        level,
        CASE WHEN count(*) = count(pupils) THEN sum(pupils) END::BIGINT AS pupils_before
    FROM staging.intake_by_school_programme_area
    WHERE intake_group = 'youth'
    GROUP BY school_year_start, programme_area_code, level
),

final AS (
    SELECT
        moved.school_year_start,
        make_date(moved.school_year_start + 1, 10, 1) AS next_counted_on,
        CASE WHEN moved.school_year_start + 1 >= 2024 THEN 'after' ELSE 'before' END AS regime,
        area.programme_code,
        area.programme,
        moved.programme_area_code,
        area.programme_area,
        moved.level,
        moved.destination_code,
        codes.name AS destination,
        moved.pupils::BIGINT AS pupils,
        before.pupils_before,
        moved.pupils::DOUBLE / nullif(before.pupils_before, 0) AS destination_share,
        (moved.mark IS NOT NULL)::BIGINT AS hidden_cells,
        moved.constructed
    FROM staging.transition_by_programme_area AS moved
    LEFT JOIN mart.programme_area AS area
        ON moved.programme_area_code = area.programme_area_code
    LEFT JOIN reference.education_code AS codes
        ON
            codes.code_kind = 'destination'
            AND moved.destination_code = codes.code
    LEFT JOIN before
        ON
            moved.school_year_start = before.school_year_start
            AND moved.programme_area_code = before.programme_area_code
            AND moved.level = before.level
)

SELECT * FROM final
