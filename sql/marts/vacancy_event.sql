-- mart.vacancy_event
-- Grain: one row per vacancy × change that the feed has told of
-- Key: vacancy_id, change
-- Unit: changes
-- Sources: staging.vacancy
WITH final AS (
    SELECT
        vacancy_id,
        unnest(range(1, changes + 1)) AS change,
        unnest(history).changed_at AS changed_at,
        unnest(history).status AS status,
        municipality_code,
        occupation_code,
        constructed
    FROM staging.vacancy
)

SELECT * FROM final
