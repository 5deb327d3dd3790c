-- staging.action_plan_measure
-- Grain: one row per plan × measure
-- Key: plan, measure_number
-- Unit: states and dates
-- Sources: raw.county_action_plan
WITH source AS (
    SELECT * FROM raw.county_action_plan
),

renamed AS (
    SELECT
        "plan",
        nr AS measure_number,
        maal AS goal,
        tiltak AS measure,
        eier AS responsible,
        replace(partnere, '|', ', ') AS partners,
        lower(trim(tilstand)) AS state_code,
        "start"::DATE AS starts_on,
        frist::DATE AS deadline,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
