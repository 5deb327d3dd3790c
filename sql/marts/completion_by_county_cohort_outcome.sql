-- mart.completion_by_county_cohort_outcome
-- Grain: one row per county (0: the country) × cohort × outcome
-- Key: county_code, cohort_start, outcome_code
-- Unit: personer; prosent av kullet
-- Sources: staging.completion_by_county_cohort, staging.completion_code, mart.area
-- Title: Gjennomføring i videregående opplæring etter utfall
-- Row: én rad per fylke, kull og utfall
-- Users: statistikkomiteen og planleggere: hvor mange av kullet som fullførte, sluttet eller
--   fortsatt er i opplæring, mot landet og andre fylker
-- Column cohort_start: året kullet begynte på Vg1
-- Column observed_year: året det er sett etter hvordan det gikk, fem eller seks år etter at kullet
--   begynte
-- Column outcome_code: utfallet slik kilden koder det; 00 er alle
-- Column outcome: navnet på utfallet
-- Column persons: personer i kullet med utfallet; tomt der kilden ikke har tallet
-- Column percent: personer med utfallet i prosent av kullet
WITH values_of AS (
    SELECT
        county_code,
        cohort_start,
        observed_year,
        completion_code AS outcome_code,
        -- The source's own codes of its two figures.
        max(value) FILTER (WHERE contents_code = 'Personer') AS persons,
        max(value) FILTER (WHERE contents_code = 'Andel') AS percent,
        bool_or(constructed) AS constructed
    FROM staging.completion_by_county_cohort
    GROUP BY county_code, cohort_start, observed_year, completion_code
),

final AS (
    SELECT
        values_of.county_code,
        area.area AS county,
        values_of.cohort_start,
        values_of.observed_year,
        values_of.outcome_code,
        codes.name AS outcome,
        values_of.persons::BIGINT AS persons,
        values_of.percent,
        values_of.constructed
    FROM values_of
    LEFT JOIN mart.area AS area
        ON values_of.county_code = area.area_code
    LEFT JOIN staging.completion_code AS codes
        ON
            codes.dimension = 'FullforingVGO'
            AND values_of.outcome_code = codes.code
)

SELECT * FROM final
