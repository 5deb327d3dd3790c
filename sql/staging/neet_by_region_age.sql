-- staging.neet_by_region_age
-- Grain: one row per area × age group × contents × year × release
-- Key: area_code, age_group, contents_code, year, release
-- Unit: as contents_code says: persons, or per cent of the residents
-- Sources: raw.ssb_neet_status_vintages, raw.ssb_neet_status_notes_vintages
WITH vintages AS (
    SELECT
        rows_of.*,
        max(rows_of."Tid"::VARCHAR) OVER (PARTITION BY rows_of.vintage) AS last_year
    FROM raw.ssb_neet_status_vintages AS rows_of
),

-- The source marks the last year as provisional in a footnote and later replaces it.
provisional AS (
    SELECT DISTINCT vintage FROM raw.ssb_neet_status_notes_vintages
    WHERE text ILIKE '%siste årgang%foreløpig%'
),

renamed AS (
    SELECT
        vintages."Region"::VARCHAR AS area_code,
        vintages."Alder"::VARCHAR AS age_group,
        vintages."ContentsCode"::VARCHAR AS contents_code,
        vintages."Tid"::VARCHAR::SMALLINT AS year,
        CASE
            WHEN provisional.vintage IS NOT NULL AND vintages."Tid"::VARCHAR = vintages.last_year
                THEN 'provisional'
            ELSE 'final'
        END AS release,
        vintages.vintage,
        vintages.value,
        nullif(vintages.status, 'constructed') AS status,
        coalesce(vintages.status = 'constructed', FALSE) AS constructed
    FROM vintages
    LEFT JOIN provisional ON vintages.vintage = provisional.vintage
),

final AS (
    SELECT * FROM renamed
    WHERE coalesce(status, '') NOT IN ('.', '..')
    QUALIFY row_number() OVER (
        PARTITION BY area_code, age_group, contents_code, year, release ORDER BY vintage DESC
    ) = 1
)

SELECT * FROM final
