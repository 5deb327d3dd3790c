-- staging.vocational_college_funding_by_offer
-- Grain: one row per offer of a vocational college × campus × year
-- Key: college_number, programme_code, municipality_code, year
-- Unit: places in a term, and kroner
-- Sources: raw.county_college_funding
WITH source AS (
    SELECT * FROM raw.county_college_funding
),

renamed AS (
    SELECT
        aar::SMALLINT AS year,
        fagskolenummer AS college_number,
        fagskole AS college,
        tilbudskode AS programme_code,
        tilbud AS programme,
        kommune AS municipality_code,
        lower(trim(studieform)) AS mode_code,
        plasser_vaar::INTEGER AS places_spring,
        plasser_hoest::INTEGER AS places_autumn,
        sats_kr::BIGINT AS rate_nok,
        tilskudd_kr::BIGINT AS grant_nok,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
