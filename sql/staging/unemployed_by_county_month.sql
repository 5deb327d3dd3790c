-- staging.unemployed_by_county_month
-- Grain: one row per county (0: the country) × status × sex × month
-- Key: county_code, status, sex, month
-- Unit: persons, and per cent of the labour force
-- Sources: raw.nav_unemployed
WITH source AS (
    SELECT * FROM raw.nav_unemployed
),

renamed AS (
    SELECT
        -- The county's name is spelt in two ways: the code alone says which it is.
        CASE WHEN area = 'Landet' THEN '0' ELSE regexp_extract(area, '^[0-9]{2}') END
            AS county_code,
        status,
        CASE sex
            WHEN 'Kvinner' THEN 'women'
            WHEN 'Menn' THEN 'men'
            WHEN 'Begge kjønn' THEN 'all'
        END AS sex,
        make_date(left(period, 4)::INTEGER, right(period, 2)::INTEGER, 1) AS month,
        persons::BIGINT AS persons,
        percent::DECIMAL(4, 1) AS percent_of_labour_force,
        coalesce(persons_mark, percent_mark) AS mark,
        FALSE AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
