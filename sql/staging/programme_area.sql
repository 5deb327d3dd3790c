-- staging.programme_area
-- Grain: one row per programme area in Grep, expired ones included
-- Key: programme_area_code
-- Unit: codes; valid_to is the first day that is not in it
-- Sources: raw.grep_programme_areas, raw.grep_programme_areas_references
WITH source AS (
    SELECT * FROM raw.grep_programme_areas
),

-- What an area belongs to, builds on and is followed by, as Grep lists them.
told AS (
    SELECT
        kode,
        min(target) FILTER (relation = 'utdanningsprogram-referanse' AND position = 0)
            AS programme_code,
        list(target ORDER BY position) FILTER (relation = 'bygger-paa-programomraade')
            AS builds_on,
        list(target ORDER BY position) FILTER (relation = 'erstatter') AS replaces,
        list(target ORDER BY position) FILTER (relation = 'erstattes-av') AS replaced_by
    FROM raw.grep_programme_areas_references
    GROUP BY kode
),

renamed AS (
    SELECT
        source.kode AS programme_area_code,
        -- The first two signs are the programme's, where Grep does not name it.
        coalesce(told.programme_code, left(source.kode, 2)) AS programme_code,
        coalesce(
            try_cast(regexp_extract(lower(source.aarstrinn), 'vg([1-4])', 1) AS SMALLINT),
            try_cast(substring(source.kode, 6, 1) AS SMALLINT)
        ) AS level,
        coalesce(source.nob, source."default") AS name,
        source.nno AS name_nynorsk,
        source.eng AS name_english,
        lower(source."programomraade-type") LIKE '%bedrift%' AS is_in_company,
        lower(regexp_extract(source.status, '[^/_]+$')) AS status,
        lower(source."foerste-semester") AS first_semester,
        lower(source."siste-semester") AS last_semester,
        try_cast(source."sist-endret" AS TIMESTAMP) AS changed_at,
        coalesce(told.builds_on, []) AS builds_on,
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
