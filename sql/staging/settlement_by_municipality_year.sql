-- staging.settlement_by_municipality_year
-- Grain: one row per municipality × year
-- Key: municipality_code, year
-- Unit: refugees: requested, agreed, settled, settled of those under collective protection
-- Sources: raw.imdi_settlement
WITH source AS (
    SELECT * FROM raw.imdi_settlement
),

renamed AS (
    SELECT
        -- As in the file; a workbook may hold it as a number, without its first 0.
        lpad(municipality_code, 4, '0') AS municipality_code,
        municipality,
        year::SMALLINT AS year,
        requested::INTEGER AS requested,
        requested_mark,
        agreed::INTEGER AS agreed,
        agreed_mark,
        settled::INTEGER AS settled,
        settled_mark,
        settled_collective::INTEGER AS settled_collective,
        settled_collective_mark,
        coalesce(constructed = 'ja', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
