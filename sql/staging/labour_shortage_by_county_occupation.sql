-- staging.labour_shortage_by_county_occupation
-- Grain: one row per county of 2017 (0: the country) × occupation (STYRK-08, 4 digits) × year
-- Key: county_code, occupation_code, year
-- Unit: estimated number of missing workers, rounded by the source
-- Sources: raw.nav_shortage_2017
WITH source AS (
    UNPIVOT raw.nav_shortage_2017
    ON COLUMNS(* EXCLUDE (aar, yrkekode, yrke))
    INTO NAME county VALUE shortage
),

counties (county, county_code) AS (
    VALUES
    ('ostfold', '01'),
    ('akershus', '02'),
    ('oslo', '03'),
    ('hedmark', '04'),
    ('oppland', '05'),
    ('buskerud', '06'),
    ('vestfold', '07'),
    ('telemark', '08'),
    ('aust_agder', '09'),
    ('vest_agder', '10'),
    ('rogaland', '11'),
    ('hordaland', '12'),
    ('sogn_fjordane', '14'),
    ('more_og_romsdal', '15'),
    ('trondelag', '50'),
    ('nordland', '18'),
    ('troms', '19'),
    ('finnmark', '20'),
    ('norge', '0')
),

renamed AS (
    SELECT
        counties.county_code,
        source.yrkekode AS occupation_code,
        source.yrke AS occupation,
        source.aar::SMALLINT AS year,
        -- One cell of the file is written with a space: 1 400.
        replace(source.shortage, ' ', '')::INTEGER AS shortage_persons,
        FALSE AS constructed
    FROM source
    LEFT JOIN counties ON source.county = counties.county
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
