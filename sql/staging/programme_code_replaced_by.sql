-- staging.programme_code_replaced_by
-- Grain: one row per programme area × programme area that replaces it, as VIGO tells it
-- Key: old_code, new_code
-- Unit: codes
-- Sources: raw.vigo_replaced_by
WITH source AS (
    SELECT * FROM raw.vigo_replaced_by
),

renamed AS (
    SELECT
        trim(code2) AS old_code,
        trim(code1) AS new_code,
        bool_or(konstruert) AS constructed
    FROM source
    GROUP BY trim(code2), trim(code1)
),

-- The relation is of subjects and curricula too; a programme area has ten signs.
final AS (
    SELECT * FROM renamed
    WHERE
        regexp_full_match(old_code, '[A-ZÆØÅ0-9]{5}[0-9A-Z][A-ZÆØÅ0-9-]{4}')
        AND regexp_full_match(new_code, '[A-ZÆØÅ0-9]{5}[0-9A-Z][A-ZÆØÅ0-9-]{4}')
        AND old_code != new_code
)

SELECT * FROM final
