-- staging.further_education_by_kind
-- Grain: one row per kind of training × contents × year
-- Key: training_code, contents_code, year
-- Unit: per cent of the employed aged 22-66
-- Sources: raw.ssb_further_education, raw.ssb_further_education_codes
WITH source AS (
    SELECT * FROM raw.ssb_further_education
),

kinds AS (
    SELECT
        code,
        label
    FROM raw.ssb_further_education_codes
    WHERE dimension = 'Opplaering'
),

renamed AS (
    SELECT
        source."Opplaering"::VARCHAR AS training_code,
        kinds.label AS training,
        source."ContentsCode"::VARCHAR AS contents_code,
        source."Tid"::VARCHAR::SMALLINT AS year,
        source.value::DECIMAL(5, 1) AS percent,
        nullif(source.status, 'constructed') AS status,
        coalesce(source.status = 'constructed', FALSE) AS constructed
    FROM source
    LEFT JOIN kinds ON source."Opplaering"::VARCHAR = kinds.code
),

final AS (
    SELECT * FROM renamed
    WHERE coalesce(status, '') != '.'
)

SELECT * FROM final
