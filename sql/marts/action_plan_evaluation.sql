-- mart.action_plan_evaluation
-- Grain: one row per plan × measure × year evaluated
-- Key: plan, measure_number, year
-- Unit: vurderinger, ingen tall
-- Sources: staging.action_plan_evaluation, staging.action_plan_measure, reference.code_name
-- Title: Årlig vurdering av handlingsplanens tiltak
-- Row: én rad per tiltak i en handlingsplan og år det er vurdert for
-- Users: hovedutvalg og kompetanseforum (gir tiltakene resultat), fylkets kompetanseseksjon
-- Column measure: hva som skulle gjøres
-- Column year: året vurderingen gjelder
-- Column rating_code: vurderingens kode i fylkets fil
-- Column rating: vurderingen
-- Column result: hva som kom ut av tiltaket, i fylkets ord
WITH source AS (
    SELECT * FROM staging.action_plan_evaluation
),

final AS (
    SELECT
        source.plan,
        source.measure_number,
        measure.goal,
        measure.measure,
        source.year,
        source.rating_code,
        rating.name AS rating,
        source.result,
        source.constructed
    FROM source
    LEFT JOIN staging.action_plan_measure AS measure
        ON
            source.plan = measure.plan
            AND source.measure_number = measure.measure_number
    LEFT JOIN reference.code_name AS rating
        ON source.rating_code = rating.code AND rating.list = 'evaluation_rating'
)

SELECT * FROM final
