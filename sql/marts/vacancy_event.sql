-- mart.vacancy_event
-- Grain: one row per vacancy × change that the feed has told of
-- Key: vacancy_id, change
-- Unit: endringer, ingen tall
-- Sources: staging.vacancy, staging.occupation, mart.area
-- Title: Endringer i ledige stillinger på arbeidsplassen.no
-- Row: én rad per utlysning og endring som strømmen har fortalt om
-- Users: analytikere som ser på hvor lenge utlysninger står åpne
-- Column vacancy_id: utlysningens id i strømmen
-- Column change: endringens nummer for utlysningen, 1 er den første
-- Column changed_at: tidspunktet for endringen, i UTC (norsk tid minus én time, minus to når det er
--   sommertid)
-- Column status: active (åpen) eller inactive (lukket) etter endringen
WITH source AS (
    SELECT
        vacancy_id,
        unnest(range(1, changes + 1)) AS change,
        unnest(history).changed_at AS changed_at,
        unnest(history).status AS status,
        municipality_code,
        occupation_code,
        constructed
    FROM staging.vacancy
),

final AS (
    SELECT
        source.vacancy_id,
        source.change,
        source.changed_at,
        source.status,
        source.municipality_code,
        area.area AS municipality,
        source.occupation_code,
        occupation.occupation,
        source.constructed
    FROM source
    LEFT JOIN mart.area AS area
        ON source.municipality_code = area.area_code
    LEFT JOIN staging.occupation AS occupation
        ON source.occupation_code = occupation.occupation_code
)

SELECT * FROM final
