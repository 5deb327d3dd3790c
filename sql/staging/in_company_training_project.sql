-- staging.in_company_training_project
-- Grain: one row per project applied for
-- Key: project_code
-- Unit: persons (* where the source closes fewer than five), and kroner
-- Sources: raw.county_in_company_training
WITH source AS (
    SELECT * FROM raw.county_in_company_training
),

renamed AS (
    SELECT
        prosjekt AS project_code,
        aar::SMALLINT AS year,
        orgnr AS organisation_number,
        naering AS industry_code,
        kommune AS municipality_code,
        tema AS subject,
        CASE WHEN deltakere != '*' THEN deltakere::INTEGER END AS participants,
        CASE WHEN deltakere = '*' THEN deltakere END AS participants_mark,
        sokt_kr::BIGINT AS applied_nok,
        innvilget_kr::BIGINT AS granted_nok,
        utbetalt_kr::BIGINT AS paid_nok,
        lower(trim(tilstand)) AS state_code,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
