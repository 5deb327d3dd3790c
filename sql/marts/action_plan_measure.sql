-- mart.action_plan_measure
-- Grain: one row per plan × measure
-- Key: plan, measure_number
-- Unit: tilstander og datoer, ingen tall
-- Sources: staging.action_plan_measure, staging.action_plan_evaluation, reference.code_name,
--   reference.night
-- Title: Handlingsplanens tiltak
-- Row: én rad per tiltak i en handlingsplan, med nyeste vurdering
-- Users: hovedutvalg og kompetanseforum (hva er gjort, hva gjenstår), fylkets kompetanseseksjon
-- Column measure: hva som skal gjøres
-- Column responsible: enheten som eier tiltaket
-- Column partners: hvem det gjøres sammen med
-- Column state: tiltakets tilstand
-- Column starts_on: dagen tiltaket starter
-- Column deadline: fristen
-- Column is_overdue: ja der fristen er gått ut og tiltaket verken er fullført eller stoppet
-- Column evaluated_year: året tiltaket sist ble vurdert
-- Column rating_code: kode for den nyeste vurderingen
-- Column rating: den nyeste vurderingen
WITH source AS (
    SELECT * FROM staging.action_plan_measure
),

newest AS (
    SELECT
        plan,
        measure_number,
        max(year) AS evaluated_year,
        arg_max(rating_code, year) AS rating_code
    FROM staging.action_plan_evaluation
    GROUP BY plan, measure_number
),

final AS (
    SELECT
        source.plan,
        source.measure_number,
        source.goal,
        source.measure,
        source.responsible,
        source.partners,
        source.state_code,
        state.name AS state,
        source.starts_on,
        source.deadline,
        source.deadline < night.as_of
        AND source.state_code IN ('planlagt', 'i gang') AS is_overdue,
        newest.evaluated_year,
        newest.rating_code,
        rating.name AS rating,
        source.constructed
    FROM source
    CROSS JOIN reference.night AS night
    LEFT JOIN newest
        ON
            source.plan = newest.plan
            AND source.measure_number = newest.measure_number
    LEFT JOIN reference.code_name AS state
        ON source.state_code = state.code AND state.list = 'action_state'
    LEFT JOIN reference.code_name AS rating
        ON newest.rating_code = rating.code AND rating.list = 'evaluation_rating'
)

SELECT * FROM final
