-- staging.cost_per_pupil_by_county
-- Grain: one row per area (0: the country) × year × release (unrevised, revised)
-- Key: area_code, year, release
-- Unit: NOK a pupil a year
-- Sources: raw.ssb_cost_per_pupil_vintages
WITH source AS (
    SELECT * FROM raw.ssb_cost_per_pupil_vintages
),

renamed AS (
    SELECT
        CASE
            WHEN "KOKfylkesregion0000"::VARCHAR = 'EAFK' THEN '0'
            ELSE left("KOKfylkesregion0000"::VARCHAR, 2)
        END AS area_code,
        "Tid"::VARCHAR::SMALLINT AS year,
        -- Accounts come unrevised in March and revised in June of the year after.
        CASE
            WHEN vintage < make_date("Tid"::VARCHAR::INTEGER + 1, 6, 1) THEN 'unrevised'
            ELSE 'revised'
        END AS release,
        vintage,
        value::DECIMAL(9, 1) AS nok_per_pupil,
        nullif(status, 'constructed') AS status,
        coalesce(status = 'constructed', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
    WHERE coalesce(status, '') != '.'
    QUALIFY row_number() OVER (
        PARTITION BY area_code, year, release ORDER BY vintage DESC
    ) = 1
)

SELECT * FROM final
