-- mart.need
-- Grain: one row per need that somebody told of in a form, withdrawn ones included
-- Key: need_id
-- Unit: personer
-- Sources: journal.need, journal.case_state_change, journal.case_answer, mart.area,
--   mart.area_municipality, mart.education_offer, reference.sector, reference.handling_body,
--   reference.form_choice, staging.occupation, staging.programme_area, staging.industry
-- Title: Meldte behov og hva som er blitt av dem
-- Row: én rad per meldt behov
-- Users: kompetanseforumene, som ser hva som ble av innspillene; planleggere, som kobler behov til
--   tilbud
-- Column need_id: behovets id, den samme gjennom rettelser
-- Column submission: innsendingen behovet kom i: skjema, runde og avsender
-- Column source_kind: skjemaet: forum, hoering, skole, ynemnd eller bedrift
-- Column received_on: datoen behovet kom slik det står nå
-- Column late: ja når det kom etter fristen
-- Column withdrawn: ja når avsenderen har trukket det
-- Column organisation: hvem som meldte det; tom for bedrifter, fordi navnet på en bedrift kan være
--   navnet på eieren
-- Column occupation: navnet på yrket det gjelder
-- Column industry_code: næringskode i SN2007
-- Column industry: navnet på næringen
-- Column centrality_code: områdekoden til kommunens sentralitetsklasse, som centrality-5
-- Column sector_code: sektoren yrket, programområdet eller næringen hører til
-- Column size_class: antall ansatte i bedriften, fra–til
-- Column level_code: koden til nivået i skjemaet
-- Column level: utdanningsnivået det spørres etter
-- Column persons: hvor mange personer behovet gjelder; tom når det ikke er sagt
-- Column wanted_year: året kompetansen trengs
-- Column reason: avsenderens begrunnelse
-- Column proposed_measure: tiltaket avsenderen foreslår
-- Column competence: kompetansen bedriften trenger, med egne ord
-- Column barrier_code: koden til hindringen i skjemaet
-- Column barrier: hva som hindrer bedriften i å få den
-- Column state: meldt, avklart, koblet, igangsatt eller avslått
-- Column state_since: datoen tilstanden ble satt
-- Column offer_code: tilbudet behovet er koblet til (mart.education_offer)
-- Column offer: navnet på tilbudet
-- Column started_on: datoen tilbudet startet for dem som meldte behovet
-- Column participants: hvor mange av dem som deltar
-- Column state_reason: begrunnelsen for tilstanden
-- Column answer: svaret avsenderen har fått: brukt, ikke brukt eller sendt videre; tomt til svar er
--   gitt
WITH source AS (
    SELECT * FROM journal.need
),

centrality AS (
    SELECT
        membership.municipality_code,
        membership.area_code,
        area.area
    FROM mart.area_municipality AS membership
    INNER JOIN mart.area AS area
        ON membership.area_code = area.area_code
    WHERE membership.area_kind = 'centrality'
),

sectors AS (
    SELECT
        kind,
        code,
        min(sector_code) AS sector_code
    FROM reference.sector
    GROUP BY kind, code
),

sector_names AS (
    SELECT
        sector_code,
        any_value(sector) AS sector
    FROM reference.sector
    GROUP BY sector_code
),

newest AS (
    SELECT
        need_id,
        arg_max(state, change) AS state,
        arg_max(decided_on, change) AS state_since,
        arg_max(body, change) AS body_code,
        arg_max(offer_code, change) AS offer_code,
        arg_max(started_on, change) AS started_on,
        arg_max(participants, change) AS participants,
        arg_max(coalesce(reason, ''), change) AS reason
    FROM journal.case_state_change
    GROUP BY need_id
),

-- What is answered to one need goes before what is answered to all that came with it.
answers AS (
    SELECT
        source.need_id,
        coalesce(own.verdict, shared.verdict) AS answer,
        CASE WHEN own.verdict IS NULL THEN shared.reason ELSE own.reason END AS answer_reason,
        CASE WHEN own.verdict IS NULL THEN shared.sent_to ELSE own.sent_to END AS sent_to,
        coalesce(own.answered_on, shared.answered_on) AS answered_on
    FROM source
    LEFT JOIN journal.case_answer AS own
        ON source.need_id = own.subject
    LEFT JOIN journal.case_answer AS shared
        ON source.submission = shared.subject
),

final AS (
    SELECT
        source.need_id,
        source.submission,
        source.source_kind,
        source.round,
        source.received_on,
        source.late,
        source.withdrawn,
        CASE WHEN source.source_kind != 'bedrift' THEN source.organisation END AS organisation,
        source.region_code,
        region.area AS region,
        source.municipality_code,
        municipality.area AS municipality,
        centrality.area_code AS centrality_code,
        centrality.area AS centrality,
        source.occupation_code,
        occupation.occupation,
        source.programme_area_code,
        programme_area.name AS programme_area,
        source.industry_code,
        industry.industry,
        sector_names.sector_code,
        sector_names.sector,
        source.size_class,
        source.level AS level_code,
        coalesce(level.label, source.level) AS level,
        source.persons,
        source.wanted_year,
        source.priority,
        source.reason,
        source.proposed_measure,
        source.competence,
        source.barrier AS barrier_code,
        coalesce(barrier.label, source.barrier) AS barrier,
        coalesce(newest.state, 'meldt') AS state,
        coalesce(newest.state_since, source.received_on) AS state_since,
        newest.body_code,
        body.body,
        newest.offer_code,
        offer.offer,
        newest.started_on,
        newest.participants,
        nullif(newest.reason, '') AS state_reason,
        answers.answer,
        answers.answer_reason,
        answers.sent_to,
        answers.answered_on,
        'Tilbudsplan: skjemaer og saker' AS source,
        source.constructed
    FROM source
    LEFT JOIN mart.area AS region
        ON source.region_code = region.area_code
    LEFT JOIN mart.area AS municipality
        ON source.municipality_code = municipality.area_code
    LEFT JOIN centrality
        ON source.municipality_code = centrality.municipality_code
    LEFT JOIN staging.occupation AS occupation
        ON source.occupation_code = occupation.occupation_code
    LEFT JOIN staging.programme_area AS programme_area
        ON source.programme_area_code = programme_area.programme_area_code
    LEFT JOIN staging.industry AS industry
        ON source.industry_code = industry.industry_code
    LEFT JOIN sectors AS by_occupation
        ON by_occupation.kind = 'occupation' AND source.occupation_code = by_occupation.code
    LEFT JOIN sectors AS by_area
        ON
            by_area.kind IN ('programme_area', 'trade')
            AND source.programme_area_code = by_area.code
    LEFT JOIN sectors AS by_industry
        ON by_industry.kind = 'industry' AND source.industry_code = by_industry.code
    LEFT JOIN sector_names
        ON
            coalesce(by_occupation.sector_code, by_area.sector_code, by_industry.sector_code)
            = sector_names.sector_code
    LEFT JOIN reference.form_choice AS level
        ON
            source.source_kind = level.form
            AND level.field = 'level'
            AND source.level = level.code
    LEFT JOIN reference.form_choice AS barrier
        ON
            source.source_kind = barrier.form
            AND barrier.field = 'barrier'
            AND source.barrier = barrier.code
    LEFT JOIN newest
        ON source.need_id = newest.need_id
    LEFT JOIN reference.handling_body AS body
        ON newest.body_code = body.body_code
    LEFT JOIN mart.education_offer AS offer
        ON newest.offer_code = offer.offer_code
    LEFT JOIN answers
        ON source.need_id = answers.need_id
)

SELECT * FROM final
