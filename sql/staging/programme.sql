-- staging.programme
-- Grain: one row per utdanningsprogram in Grep, expired ones included
-- Key: programme_code
-- Unit: codes; valid_to is the first day that is not in it
-- Sources: raw.grep_programmes, raw.grep_programmes_references
WITH source AS (
    SELECT * FROM raw.grep_programmes
),

told AS (
    SELECT
        kode,
        list(target ORDER BY position) FILTER (relation = 'erstatter') AS replaces,
        list(target ORDER BY position) FILTER (relation = 'erstattes-av') AS replaced_by
    FROM raw.grep_programmes_references
    GROUP BY kode
),

renamed AS (
    SELECT
        source.kode AS programme_code,
        coalesce(source.nob, source."default") AS name,
        lower(regexp_extract(source.status, '[^/_]+$')) AS status,
        lower(source."foerste-semester") AS first_semester,
        lower(source."siste-semester") AS last_semester,
        try_cast(source."sist-endret" AS TIMESTAMP) AS changed_at,
        coalesce(told.replaces, []) AS replaces,
        coalesce(told.replaced_by, []) AS replaced_by,
        source.konstruert AS constructed
    FROM source
    LEFT JOIN told
        ON source.kode = told.kode
),

-- A semester is "Høst 2020" or h2020, "Vår 2020" or v2020. Autumn begins on 1 August.
final AS (
    SELECT
        * EXCLUDE (first_semester, last_semester, status),
        CASE status WHEN 'publisert' THEN 'in_force' WHEN 'utgaatt' THEN 'expired' ELSE status END
            AS status,
        make_date(
            try_cast(regexp_extract(first_semester, '[0-9]{4}') AS INTEGER),
            CASE WHEN first_semester LIKE 'h%' THEN 8 ELSE 1 END,
            1
        ) AS valid_from,
        make_date(
            try_cast(regexp_extract(last_semester, '[0-9]{4}') AS INTEGER)
            + CASE WHEN last_semester LIKE 'h%' THEN 1 ELSE 0 END,
            CASE WHEN last_semester LIKE 'h%' THEN 1 ELSE 8 END,
            1
        ) AS valid_to
    FROM renamed
)

SELECT * FROM final
