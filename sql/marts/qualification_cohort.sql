-- mart.qualification_cohort
-- Grain: one row per qualification cohort, as it stood when last counted
-- Key: cohort_code
-- Unit: personer; tom der kilden lukker færre enn fem
-- Sources: staging.qualification_cohort, staging.occupation, mart.area
-- Title: Kvalifiseringsløp for voksne
-- Row: ett kull med voksne på vei mot et fagbrev
-- Users: regionale kompetanseforum og NAV (hvilke løp finnes, hva kom ut av dem), fylkets
--   kompetanseseksjon
-- Column cohort_code: kullets kode i fylkets fil
-- Column cohort_region: regionen kullet er satt opp for, i fylkets egne ord
-- Column job_guarantee: ja der deltakerne er lovet arbeid etter fagbrevet
-- Column started_on: dagen kullet startet
-- Column ends_on: dagen det skal være ferdig
-- Column started: personer som startet
-- Column in_progress: personer som fortsatt er i løpet
-- Column certified: personer som har fått fagbrev
-- Column employed: personer i arbeid etter fagbrevet
-- Column certified_share: fagbrev delt på startet, 0–1; tom til kullet skulle vært ferdig
-- Column employed_share: i arbeid delt på fagbrev, 0–1
-- Column partners: hvem løpet er satt opp sammen med
-- Column counted_on: dagen tallene gjelder
WITH source AS (
    SELECT * FROM staging.qualification_cohort
),

final AS (
    SELECT
        source.cohort_code,
        source.region AS cohort_region,
        source.municipality_code,
        area.area AS municipality,
        source.trade_code,
        source.trade,
        source.occupation_code,
        occupation.occupation,
        source.job_guarantee,
        source.started_on,
        source.ends_on,
        source.started,
        source.in_progress,
        source.certified,
        source.employed,
        CASE
            WHEN source.ends_on <= source.counted_on
                THEN source.certified::DOUBLE / nullif(source.started, 0)
        END AS certified_share,
        source.employed::DOUBLE / nullif(source.certified, 0) AS employed_share,
        (
            (source.started_mark IS NOT NULL)::INTEGER
            + (source.in_progress_mark IS NOT NULL)::INTEGER
            + (source.certified_mark IS NOT NULL)::INTEGER
            + (source.employed_mark IS NOT NULL)::INTEGER
        )::BIGINT AS hidden_cells,
        source.partners,
        source.counted_on,
        source.constructed
    FROM source
    LEFT JOIN mart.area AS area
        ON source.municipality_code = area.area_code
    LEFT JOIN staging.occupation AS occupation
        ON source.occupation_code = occupation.occupation_code
)

SELECT * FROM final
