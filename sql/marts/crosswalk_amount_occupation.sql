-- mart.crosswalk_amount_occupation
-- Grain: one row per crosswalk × measure × period × occupation of the old classification
-- Key: crosswalk, measure, period, code
-- Unit: arbeidssøkere
-- Sources: staging.job_seekers_by_occupation_year, reference.crosswalk_isco88_styrk08
-- Title: Hvor mye overgangen fra gamle til nye yrkeskoder dekker, kode for kode
-- Row: én rad per overgang, mål, periode og yrke i den gamle yrkeslisten
-- Users: de som vedlikeholder overgangstabellene: hva som ikke er koblet; mart.crosswalk_coverage
-- Column measure: hva som er talt: job_seekers (registrerte arbeidssøkere i landet)
-- Column code: koden som kobles
-- Column name: navnet på koden
WITH seekers AS (
    SELECT
        occupation_code AS code,
        year,
        persons,
        constructed
    FROM staging.job_seekers_by_occupation_year
    WHERE classification = 'ISCO-88' AND persons > 0
),

carried AS (
    SELECT
        isco88_code AS code,
        any_value(isco88_name) AS name,
        coalesce(sum(weight::DOUBLE) FILTER (WHERE target_kind = 'occupation'), 0) AS share
    FROM reference.crosswalk_isco88_styrk08
    WHERE valid_to IS NULL
    GROUP BY isco88_code
),

final AS (
    SELECT
        'isco88_styrk08' AS crosswalk,
        'job_seekers' AS measure,
        seekers.year::VARCHAR AS period,
        seekers.code,
        coalesce(carried.name, seekers.code) AS name,
        seekers.persons::DOUBLE AS amount,
        round(seekers.persons * coalesce(carried.share, 0), 3) AS mapped,
        seekers.constructed
    FROM seekers
    LEFT JOIN carried
        ON seekers.code = carried.code
)

SELECT * FROM final
