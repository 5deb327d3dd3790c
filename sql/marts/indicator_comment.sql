-- mart.indicator_comment
-- Grain: one row per knowledge base × indicator × organisation: its comment
-- Key: base, indicator_code, organisation_code
-- Unit: tekst, ingen tall
-- Sources: journal.indicator_comment, mart.indicator, reference.committee_member
-- Title: Statistikkomiteens kommentarer
-- Row: én rad per kunnskapsgrunnlag, indikator og medlem av komiteen
-- Users: statistikkomiteen; kompetanseforumene, som leser tallene med kommentar
-- Column organisation_code: koden til medlemmet som kommenterer
-- Column organisation: medlemmet som kommenterer
-- Column comment: kommentaren
-- Column signed_by: hvem som har signert den
-- Column signed_on: datoen den ble signert
WITH final AS (
    SELECT
        comment.base,
        comment.indicator_code,
        indicator.indicator,
        comment.organisation_code,
        member.organisation,
        comment.comment,
        comment.signed_by,
        comment.signed_on,
        'Tilbudsplan: statistikkomiteen' AS source,
        comment.constructed
    FROM journal.indicator_comment AS comment
    LEFT JOIN mart.indicator AS indicator
        ON comment.indicator_code = indicator.indicator_code
    LEFT JOIN reference.committee_member AS member
        ON comment.organisation_code = member.organisation_code
)

SELECT * FROM final
