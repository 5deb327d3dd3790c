-- staging.vacancies_by_industry_quarter
-- Grain: one row per industry group × contents × quarter, whole country
-- Key: industry_code, contents_code, year, quarter
-- Unit: as contents_code says: vacancies, or per cent of all positions
-- Sources: raw.ssb_vacancies
WITH source AS (
    SELECT * FROM raw.ssb_vacancies
),

renamed AS (
    SELECT
        "NACE2007"::VARCHAR AS industry_code,
        "ContentsCode"::VARCHAR AS contents_code,
        -- "2026K2" is the second quarter of 2026.
        left("Tid"::VARCHAR, 4)::SMALLINT AS year,
        right("Tid"::VARCHAR, 1)::SMALLINT AS quarter,
        value,
        status,
        coalesce(status = 'constructed', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
    WHERE coalesce(status, '') != '.'
)

SELECT * FROM final
