-- staging.fully_unemployed_by_county_month
-- Grain: one row per area (0: the country, a county of its time, or outside all counties) × month
-- Key: area, month
-- Unit: persons, and per cent of the labour force
-- Sources: raw.nav_fully_unemployed_history, reference.county_name
WITH source AS (
    SELECT
        *,
        -- Four months of 2018 stand one column too far to the right.
        count("Antall") OVER (PARTITION BY "År", "Måned") = 0 AS shifted
    FROM raw.nav_fully_unemployed_history
),

dated AS (
    SELECT
        "Fylke" AS area,
        make_date(
            "År"::INTEGER,
            list_position(
                [
                    'januar', 'februar', 'mars', 'april', 'mai', 'juni',
                    'juli', 'august', 'september', 'oktober', 'november', 'desember'
                ],
                lower("Måned")
            ),
            1
        ) AS month,
        CASE WHEN shifted THEN "Prosent av arbeidsstyrken" ELSE "Antall" END::DOUBLE::BIGINT
            AS persons,
        CASE
            WHEN shifted THEN "Endring fra i fjor (antall)" ELSE "Prosent av arbeidsstyrken"
        END::DOUBLE::DECIMAL(4, 1) AS percent_of_labour_force
    FROM source
),

final AS (
    SELECT
        dated.area,
        -- A name has had several codes (Telemark: 08, then 40): the month says which.
        CASE WHEN dated.area = 'Landet' THEN '0' ELSE county_name.county_code END AS county_code,
        dated.month,
        dated.persons,
        dated.percent_of_labour_force,
        FALSE AS constructed
    FROM dated
    LEFT JOIN reference.county_name
        ON
            dated.area = county_name.name
            AND dated.month >= coalesce(county_name.valid_from::DATE, DATE '0001-01-01')
            AND dated.month < coalesce(county_name.valid_to::DATE, DATE '9999-12-31')
)

SELECT * FROM final
