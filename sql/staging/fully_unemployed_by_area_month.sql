-- staging.fully_unemployed_by_area_month
-- Grain: one row per municipality, county or the country (0) × month, by the borders of that year
-- Key: area_code, month
-- Unit: fully unemployed persons; * where fewer than four
-- Sources: raw.nav_fully_unemployed
WITH source AS (
    SELECT * FROM raw.nav_fully_unemployed
),

renamed AS (
    SELECT
        CASE
            WHEN block = 'county' AND area = 'I alt' THEN '0'
            ELSE regexp_extract(area, '^([0-9]{2,4}) ', 1)
        END AS area_code,
        make_date(
            year::INTEGER,
            list_position(
                [
                    'januar', 'februar', 'mars', 'april', 'mai', 'juni', 'juli',
                    'august', 'september', 'oktober', 'november', 'desember'
                ],
                lower(month)
            ),
            1
        ) AS month,
        persons::BIGINT AS persons,
        persons_mark AS mark,
        FALSE AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
    -- Without a code: a block's own total, which is the county's row, and persons of unknown place.
    WHERE area_code != ''
)

SELECT * FROM final
