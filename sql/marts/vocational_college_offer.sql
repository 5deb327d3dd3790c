-- mart.vocational_college_offer
-- Grain: one row per offer of a vocational college × campus × day from which its state counts
-- Key: offer_code, valid_from
-- Unit: studiepoeng; måneder
-- Sources: staging.vocational_college_offer, staging.education, mart.area, reference.code_name,
--   reference.night
-- Title: Fagskoletilbud: akkreditering, studieform og lengde
-- Row: én rad per fagskoletilbud, studiested og dag tilstanden gjelder fra
-- Users: fagskolerådgivere (hva kan startes, hva venter på akkreditering), regionale
--   kompetanseforum (hvilke tilbud finnes hvor), oversikten over utdanningstilbud
-- Column credits: studiepoeng
-- Column months: tilbudets lengde i måneder med den farten det gis i
-- Column accredited_by: hvem som har akkreditert tilbudet
-- Column accredited_on: datoen tilbudet ble akkreditert; tom så lenge det ikke er det
-- Column valid_from: første dag tilstanden gjelder
-- Column valid_to: første dag tilstanden ikke lenger gjelder; tom så lenge den gjelder
-- Column is_current: ja for tilstanden som gjelder i dag
WITH source AS (
    SELECT
        *,
        lead(valid_from) OVER (
            PARTITION BY college_number, programme_code, municipality_code ORDER BY valid_from
        ) AS valid_to
    FROM staging.vocational_college_offer
),

final AS (
    SELECT
        concat_ws(
            ':', 'fagskole', source.college_number, source.programme_code, source.municipality_code
        ) AS offer_code,
        source.college_number,
        source.college,
        source.programme_code AS college_programme_code,
        source.programme AS college_programme,
        source.municipality_code,
        area.area AS municipality,
        source.mode_code AS study_mode_code,
        study_mode.name AS study_mode,
        source.education_code,
        left(source.education_code, 2) AS field_code,
        field.education AS field,
        source.credits::DOUBLE AS credits,
        source.months,
        source.accreditation_code,
        accreditation.name AS accreditation,
        source.accredited_by,
        source.accredited_on,
        source.valid_from,
        source.valid_to,
        source.valid_from <= night.as_of
        AND coalesce(source.valid_to > night.as_of, TRUE) AS is_current,
        source.constructed
    FROM source
    CROSS JOIN reference.night AS night
    LEFT JOIN mart.area AS area
        ON source.municipality_code = area.area_code
    LEFT JOIN staging.education AS field
        ON left(source.education_code, 2) = field.education_code
    LEFT JOIN reference.code_name AS study_mode
        ON source.mode_code = study_mode.code AND study_mode.list = 'offer_mode'
    LEFT JOIN reference.code_name AS accreditation
        ON
            source.accreditation_code = accreditation.code
            AND accreditation.list = 'accreditation'
)

SELECT * FROM final
