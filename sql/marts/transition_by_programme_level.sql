-- mart.transition_by_programme_level
-- Grain: one row per school year × utdanningsprogram (*: all) × level × destination a year later
-- Key: school_year_start, programme_code, level, destination_code
-- Unit: elever; andel 0–1
-- Sources: mart.transition_by_programme_area
-- Title: Overganger etter utdanningsprogram og trinn
-- Row: én rad per skoleår, utdanningsprogram (* er alle), trinn og hvor elevene var ett år etter
-- Users: statistikkomiteen og planleggere: andelen som gjør omvalg eller blir borte, før og etter
--   august 2024 for seg
-- Column destination_code: koden til stedet: next_level, apprenticeship, paabygg, re_choice
--   (omvalg), same_level, completed eller left
-- Column pupils: elever som var der, summert over de tallene som ikke er skjult
-- Column pupils_shown: elever i alle tall som ikke er skjult på programmet og trinnet det året
-- Column destination_share: elever som var der delt på elevene i alle tall som ikke er skjult, 0
--   til 1; de skjulte (få elever hver) er ikke med verken over eller under brøkstreken
WITH source AS (
    SELECT * FROM mart.transition_by_programme_area
    WHERE programme_code IS NOT NULL
),

together AS (
    SELECT
        school_year_start,
        next_counted_on,
        regime,
        programme_code,
        programme,
        level,
        destination_code,
        destination,
        pupils,
        hidden_cells,
        constructed
    FROM source
    UNION ALL
    SELECT
        school_year_start,
        next_counted_on,
        regime,
        '*' AS programme_code,
        'Alle utdanningsprogram' AS programme,
        level,
        destination_code,
        destination,
        pupils,
        hidden_cells,
        constructed
    FROM source
),

summed AS (
    SELECT
        school_year_start,
        next_counted_on,
        regime,
        programme_code,
        programme,
        level,
        destination_code,
        destination,
        sum(pupils)::BIGINT AS pupils,
        sum(hidden_cells)::BIGINT AS hidden_cells,
        bool_or(constructed) AS constructed
    FROM together
    GROUP BY ALL
),

final AS (
    SELECT
        school_year_start,
        next_counted_on,
        regime,
        programme_code,
        programme,
        level,
        destination_code,
        destination,
        pupils,
        (sum(pupils) OVER everybody)::BIGINT AS pupils_shown,
        pupils::DOUBLE / nullif(sum(pupils) OVER everybody, 0)::DOUBLE AS destination_share,
        hidden_cells,
        constructed
    FROM summed
    WINDOW everybody AS (PARTITION BY school_year_start, programme_code, level)
)

SELECT * FROM final
