-- staging.vocational_college_offer
-- Grain: one row per offer of a vocational college × campus × day from which its state counts
-- Key: college_number, programme_code, municipality_code, valid_from
-- Unit: credits, and months
-- Sources: raw.county_college_offers
WITH source AS (
    SELECT * FROM raw.county_college_offers
),

renamed AS (
    SELECT
        fagskolenummer AS college_number,
        fagskole AS college,
        tilbudskode AS programme_code,
        tilbud AS programme,
        kommune AS municipality_code,
        lower(trim(studieform)) AS mode_code,
        nus AS education_code,
        replace(studiepoeng, ',', '.')::DECIMAL(5, 1) AS credits,
        maaneder::SMALLINT AS months,
        lower(trim(akkreditering)) AS accreditation_code,
        akkreditert_av AS accredited_by,
        akkreditert_dato::DATE AS accredited_on,
        gyldig_fra::DATE AS valid_from,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
