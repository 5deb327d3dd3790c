-- mart.qualification_cohort
-- Grain: one row per qualification cohort, as it stood when last counted
-- Key: cohort_code
-- Unit: personer; andel 0–1
-- Sources: staging.qualification_cohort, staging.occupation, mart.area
-- Title: Kvalifiseringsløp for voksne
-- Row: én rad per kull av voksne på vei mot et fagbrev, slik det sto da det sist ble talt
-- Users: regionale kompetanseforum og NAV (hvilke løp finnes, hva kom ut av dem), fylkets
--   kompetanseseksjon
-- Column cohort_code: kullets kode i fylkets fil
-- Column cohort_region: regionen kullet er satt opp for, i fylkets egne ord
-- Column started_on: dagen kullet startet
-- Column ends_on: dagen det skal være ferdig
-- Column started: personer som startet; tom der kilden har skjult et tall under fem
-- Column in_progress: personer som fortsatt er i løpet; tom der kilden har skjult et tall under fem
-- Column certified: personer som har fått fagbrev; tom der kilden har skjult et tall under fem
-- Column employed: personer i arbeid etter fagbrevet; tom der kilden har skjult et tall under fem
-- Column certified_share: de som har fått fagbrev delt på de som startet, 0 til 1; tom til kullet
--   skulle vært ferdig
-- Column employed_share: de som er i arbeid etter fagbrevet delt på de som har fått fagbrev, 0 til
--   1
-- Column hidden_cells: antall tall som er skjult i raden, av startet, i løpet, fagbrev og i arbeid
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
