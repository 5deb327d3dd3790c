-- mart.crosswalk_amount_occupation
-- Grain: one row per crosswalk × measure × period × occupation of the old classification
-- Key: crosswalk, measure, as_of, code
-- Unit: as measure says: job seekers (registered, the country); mapped is the part of amount that
-- the crosswalk carries to an occupation of today
-- Sources: staging.job_seekers_by_occupation_year, reference.crosswalk_isco88_styrk08
-- Title: Det yrkesovergangene bærer, etter kode
-- Row: én rad per overgang, mål, periode og kode (yrke eller utdanning)
-- Users: de som vedlikeholder overgangstabellene: hva som ikke er koblet; mart.crosswalk_coverage
-- Column crosswalk: overgangstabellen (docs/crosswalks.md)
-- Column measure: hva som er talt
-- Column as_of: perioden tallet gjelder
-- Column code: koden som kobles
-- Column name: navnet på koden
-- Column amount: det som er talt for koden, i enheten measure sier
-- Column mapped: den delen av amount som overgangen kobler til noe
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
        seekers.year::VARCHAR AS as_of,
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
