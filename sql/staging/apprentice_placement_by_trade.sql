-- staging.apprentice_placement_by_trade
-- Grain: one row per day of the count × trade
-- Key: counted_on, trade_code
-- Unit: applicants of 1 March, and those of them with an approved contract; * where closed
-- Sources: raw.county_apprentice_placement
WITH source AS (
    SELECT * FROM raw.county_apprentice_placement
),

renamed AS (
    SELECT
        telt::DATE AS counted_on,
        laerefag AS trade_code,
        nullif(soekere, '*')::INTEGER AS applicants,
        nullif(med_kontrakt, '*')::INTEGER AS with_contract,
        CASE WHEN soekere = '*' THEN '*' END AS applicants_mark,
        CASE WHEN med_kontrakt = '*' THEN '*' END AS with_contract_mark,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
