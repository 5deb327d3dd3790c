-- mart.indicator
-- Grain: one row per indicator of the set Regionale kompetanseindikatorer, undefined ones too
-- Key: indicator_code
-- Unit: det kolonnen unit sier
-- Sources: reference.indicator
-- Title: Regionale kompetanseindikatorer: definisjoner
-- Row: én rad per indikator, også de som mangler definisjon
-- Users: statistikkomiteen og kompetanseforumene, som leser hva tallene måler
-- Column theme: temaet indikatoren hører til; tomt der det ikke er kjent
-- Column definition: hva indikatoren måler, slik den er publisert
-- Column unit: måleenheten
-- Column status: «definert», eller «definisjon mangler» der definisjonen ikke er publisert
-- Column levels: nivåene indikatoren kan vises for; andeler som er aldersstandardisert kan ikke
--   legges sammen til regioner
-- Column defined_by: hvor definisjonen er publisert
WITH final AS (
    SELECT
        indicator_code,
        theme,
        indicator,
        definition,
        better,
        unit,
        status,
        levels,
        source AS defined_by,
        confidence,
        FALSE AS constructed
    FROM reference.indicator
)

SELECT * FROM final
