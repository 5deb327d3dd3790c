-- mart.vacancy_event
-- Grain: one row per vacancy × change that the feed has told of
-- Key: vacancy_id, change
-- Unit: changes
-- Sources: staging.vacancy
-- Title: Endringer i ledige stillinger på arbeidsplassen.no
-- Row: én rad per utlysning og endring som strømmen har fortalt om
-- Users: analytikere som ser på hvor lenge utlysninger står åpne
-- Column vacancy_id: utlysningens id i strømmen
-- Column change: endringens nummer for utlysningen, 1 er den første
-- Column changed_at: tidspunktet (UTC) for endringen
-- Column status: active (åpen) eller inactive (lukket) etter endringen
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
