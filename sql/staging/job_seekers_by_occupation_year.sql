-- staging.job_seekers_by_occupation_year
-- Grain: one row per occupation × year in the classification of the row, the country
-- Key: occupation_code, classification, year
-- Unit: persons; * where suppressed
-- Sources: raw.nav_job_seekers_history
WITH source AS (
    SELECT * FROM raw.nav_job_seekers_history
),

renamed AS (
    SELECT
        yrkeskode AS occupation_code,
        -- The classification changes inside the series: codes of the two are not the same trades.
        CASE isco_versjon
            WHEN 'ISCO-88' THEN 'ISCO-88'
            WHEN 'ISCO-08' THEN 'STYRK-08'
            ELSE 'unknown'
        END AS classification,
        aar::SMALLINT AS year,
        antall_arbeidssokere AS said
    FROM source
    WHERE aar IS NOT NULL
),

final AS (
    -- One code stands twice in one year, under two broad groups.
    SELECT
        occupation_code,
        classification,
        year,
        sum(try_cast(nullif(said, '*') AS BIGINT))::BIGINT AS persons,
        max(CASE WHEN said = '*' THEN '*' END) AS mark,
        FALSE AS constructed
    FROM renamed
    GROUP BY occupation_code, classification, year
)

SELECT * FROM final
