-- staging.action_plan_evaluation
-- Grain: one row per plan × measure × year
-- Key: plan, measure_number, year
-- Unit: ratings
-- Sources: raw.county_action_plan_evaluations
WITH source AS (
    SELECT * FROM raw.county_action_plan_evaluations
),

renamed AS (
    SELECT
        "plan",
        nr AS measure_number,
        aar::SMALLINT AS year,
        lower(trim(vurdering)) AS rating_code,
        resultat AS result,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
