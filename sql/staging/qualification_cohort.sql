-- staging.qualification_cohort
-- Grain: one row per qualification cohort, as it stood when last counted
-- Key: cohort_code
-- Unit: persons; * where the source closes fewer than five
-- Sources: raw.county_qualification_cohorts
WITH source AS (
    SELECT * FROM raw.county_qualification_cohorts
),

renamed AS (
    SELECT
        kull AS cohort_code,
        region,
        vertskommune AS municipality_code,
        fagkode AS trade_code,
        fag AS trade,
        yrke AS occupation_code,
        CASE jobbgaranti WHEN 'ja' THEN TRUE WHEN 'nei' THEN FALSE END AS job_guarantee,
        oppstart::DATE AS started_on,
        slutt::DATE AS ends_on,
        CASE WHEN startet != '*' THEN startet::INTEGER END AS started,
        CASE WHEN startet = '*' THEN startet END AS started_mark,
        CASE WHEN i_lop != '*' THEN i_lop::INTEGER END AS in_progress,
        CASE WHEN i_lop = '*' THEN i_lop END AS in_progress_mark,
        CASE WHEN fagbrev != '*' THEN fagbrev::INTEGER END AS certified,
        CASE WHEN fagbrev = '*' THEN fagbrev END AS certified_mark,
        CASE WHEN i_arbeid != '*' THEN i_arbeid::INTEGER END AS employed,
        CASE WHEN i_arbeid = '*' THEN i_arbeid END AS employed_mark,
        replace(partnere, '|', ', ') AS partners,
        talt::DATE AS counted_on,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
