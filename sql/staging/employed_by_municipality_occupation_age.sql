-- staging.employed_by_municipality_occupation_age
-- Grain: one row per municipality of work × occupation (STYRK-08, 2 or 4 digits) × age group × year
-- (4th quarter); age group 15-74 is everyone, 55-74 is 55-59 and 60-74
-- Key: municipality_code, occupation_code, age_group, year
-- Unit: employed persons; those in part time, temporary and without training only for everyone
-- Sources: raw.county_occupation
WITH source AS (
    SELECT * FROM raw.county_occupation
),

by_age AS (
    UNPIVOT source
    ON sysselsatte, alder_15_24, alder_25_39, alder_40_54, alder_55_74, alder_55_59, alder_60_74
    INTO NAME heading VALUE cell
),

named AS (
    SELECT
        *,
        CASE
            WHEN heading = 'sysselsatte' THEN '15-74'
            ELSE replace(ltrim(heading, 'alder_'), '_', '-')
        END AS age_group
    FROM by_age
),

renamed AS (
    SELECT
        kommune AS municipality_code,
        yrke AS occupation_code,
        age_group,
        aar::SMALLINT AS year,
        nullif(cell, '*')::INTEGER AS employed,
        CASE WHEN cell = '*' THEN cell END AS employed_mark,
        CASE WHEN age_group = '15-74' THEN nullif(deltid, '*')::INTEGER END AS part_time,
        CASE WHEN age_group = '15-74' AND deltid = '*' THEN deltid END AS part_time_mark,
        CASE WHEN age_group = '15-74' THEN nullif(midlertidig, '*')::INTEGER END AS temporary,
        CASE WHEN age_group = '15-74' AND midlertidig = '*' THEN midlertidig END AS temporary_mark,
        CASE
            WHEN age_group = '15-74' THEN nullif(uten_fagutdanning, '*')::INTEGER
        END AS without_training,
        CASE
            WHEN age_group = '15-74' AND uten_fagutdanning = '*' THEN uten_fagutdanning
        END AS without_training_mark,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM named
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
