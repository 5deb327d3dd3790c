-- mart.employed_by_municipality_occupation
-- Grain: one row per municipality of work (today's borders) × occupation (STYRK-08, 2 or 4
--   digits) ×
--   year (4th quarter)
-- Key: municipality_code, occupation_code, year
-- Unit: sysselsatte
-- Sources: staging.employed_by_municipality_occupation_age, staging.occupation,
--   reference.municipality_carry, mart.area
-- Title: Sysselsatte etter kommune og yrke på dagens grenser
-- Row: én rad per kommune (arbeidssted), yrke og år (4. kvartal)
-- Users: grunnlaget for sysselsatte etter område og yrke og for sektorenes arbeidsstyrke;
--   analytikere som summerer selv
-- Column employed: antall sysselsatte 15–74 år; tomt når tallet er skjult
-- Column employed_55_plus: antall sysselsatte 55–74 år; tomt når tallet er skjult
-- Column part_time: antall sysselsatte i deltid; tomt når tallet er skjult
-- Column temporary: antall sysselsatte i midlertidig stilling; tomt når tallet er skjult
-- Column without_training: antall sysselsatte uten fagutdanning i yrket; tomt når tallet er skjult
WITH source AS (
    SELECT
        municipality_code,
        occupation_code,
        year,
        any_value(employed) FILTER (WHERE age_group = '15-74') AS employed,
        any_value(employed) FILTER (WHERE age_group = '55-74') AS employed_55_plus,
        any_value(part_time) AS part_time,
        any_value(temporary) AS temporary,
        any_value(without_training) AS without_training,
        bool_or(constructed) AS constructed
    FROM staging.employed_by_municipality_occupation_age
    GROUP BY municipality_code, occupation_code, year
),

carried AS (
    SELECT
        coalesce(carry.to_code, source.municipality_code) AS municipality_code,
        source.occupation_code,
        source.year,
        source.employed * coalesce(carry.weight, 1) AS employed,
        source.employed_55_plus * coalesce(carry.weight, 1) AS employed_55_plus,
        source.part_time * coalesce(carry.weight, 1) AS part_time,
        source.temporary * coalesce(carry.weight, 1) AS temporary,
        source.without_training * coalesce(carry.weight, 1) AS without_training,
        source.constructed
    FROM source
    LEFT JOIN reference.municipality_carry AS carry
        ON
            source.municipality_code = carry.from_code
            AND source.year = carry.year
),

summed AS (
    SELECT
        municipality_code,
        occupation_code,
        year,
        CASE WHEN count(employed) = count(*) THEN round(sum(employed))::BIGINT END AS employed,
        CASE
            WHEN count(employed_55_plus) = count(*) THEN round(sum(employed_55_plus))::BIGINT
        END AS employed_55_plus,
        CASE WHEN count(part_time) = count(*) THEN round(sum(part_time))::BIGINT END AS part_time,
        CASE WHEN count(temporary) = count(*) THEN round(sum(temporary))::BIGINT END AS temporary,
        CASE
            WHEN count(without_training) = count(*) THEN round(sum(without_training))::BIGINT
        END AS without_training,
        bool_or(constructed) AS constructed
    FROM carried
    GROUP BY municipality_code, occupation_code, year
),

final AS (
    SELECT
        summed.municipality_code,
        area.area AS municipality,
        summed.occupation_code,
        occupation.occupation,
        length(summed.occupation_code)::SMALLINT AS digits,
        summed.year,
        summed.employed,
        summed.employed_55_plus,
        summed.part_time,
        summed.temporary,
        summed.without_training,
        summed.constructed
    FROM summed
    LEFT JOIN staging.occupation AS occupation
        ON summed.occupation_code = occupation.occupation_code
    LEFT JOIN mart.area AS area
        ON summed.municipality_code = area.area_code
)

SELECT * FROM final
