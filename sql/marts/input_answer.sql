-- mart.input_answer
-- Grain: one row per need from forums, hearings, schools and yrkesopplæringsnemnda that stands
-- Key: need_id
-- Unit: tekst, ingen tall
-- Sources: mart.need
-- Title: Svar på innspillene
-- Row: én rad per innspill, med svaret det har fått
-- Users: den neste pakken til kompetanseforumene, som åpner med hva som ble av innspillene;
--   planleggere, som ser hva som ikke er besvart
-- Column need_id: behovets id
-- Column source_kind: skjemaet: forum, hoering, skole eller ynemnd
-- Column organisation: hvem som meldte det
-- Column subject: hva innspillet gjelder: yrket eller programområdet
-- Column proposed_measure: tiltaket avsenderen foreslo
-- Column answer: brukt, ikke brukt, sendt videre eller ubesvart
-- Column state: hvor langt behovet er kommet
-- Column offer: tilbudet behovet er koblet til
WITH final AS (
    SELECT
        need_id,
        source_kind,
        round,
        organisation,
        region_code,
        region,
        coalesce(occupation, programme_area) AS subject,
        proposed_measure,
        priority,
        coalesce(answer, 'ubesvart') AS answer,
        answer_reason,
        sent_to,
        answered_on,
        state,
        offer,
        'Tilbudsplan: skjemaer og saker' AS source,
        constructed
    FROM mart.need
    WHERE source_kind != 'bedrift' AND withdrawn = FALSE
)

SELECT * FROM final
