-- mart.need_state_change
-- Grain: one row per need × change of its state; the first is that it was told
-- Key: need_id, change
-- Unit: personer
-- Sources: mart.need, mart.education_offer, journal.case_state_change, reference.handling_body
-- Title: Hvordan meldte behov er behandlet
-- Row: én rad per behov og tilstand det har hatt
-- Users: planleggere og kompetanseforumene, som ser hvor lang tid det tok og hvem som avgjorde
-- Column need_id: behovets id
-- Column change: endringens nummer; 0 er da behovet ble meldt
-- Column state: tilstanden behovet fikk
-- Column decided_on: datoen det ble bestemt
-- Column offer_code: tilbudet behovet er koblet til (mart.education_offer)
-- Column offer: navnet på tilbudet
-- Column started_on: datoen tilbudet startet
-- Column participants: hvor mange av dem behovet gjelder, som deltar i tilbudet
-- Column reason: begrunnelsen
WITH reported AS (
    SELECT
        need_id,
        0 AS change,
        'meldt' AS state,
        received_on AS decided_on,
        NULL AS body_code,
        NULL AS offer_code,
        NULL::DATE AS started_on,
        NULL::INTEGER AS participants,
        NULL AS reason,
        constructed
    FROM mart.need
),

changes AS (
    SELECT * FROM reported
    UNION ALL
    SELECT
        need_id,
        change,
        state,
        decided_on,
        body AS body_code,
        offer_code,
        started_on,
        participants,
        reason,
        constructed
    FROM journal.case_state_change
),

final AS (
    SELECT
        changes.need_id,
        changes.change,
        changes.state,
        changes.decided_on,
        changes.body_code,
        body.body,
        changes.offer_code,
        offer.offer,
        changes.started_on,
        changes.participants,
        changes.reason,
        'Tilbudsplan: skjemaer og saker' AS source,
        changes.constructed
    FROM changes
    LEFT JOIN reference.handling_body AS body
        ON changes.body_code = body.body_code
    LEFT JOIN mart.education_offer AS offer
        ON changes.offer_code = offer.offer_code
)

SELECT * FROM final
