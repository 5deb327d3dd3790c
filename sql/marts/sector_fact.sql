-- mart.sector_fact
-- Grain: one row per sector × fact that someone has stated
-- Key: sector_code, fact_code
-- Unit: det kolonnen unit sier
-- Sources: reference.sector_fact, reference.sector, mart.area
-- Title: Opplysninger om sektoren som noen har gitt
-- Row: én rad per sektor og opplysning
-- Users: bransjefora og planleggere: tall som forumet selv har lagt fram, med hvem og når, ved
--   siden av statistikken
-- Column fact_code: opplysningens kode
-- Column fact: hva opplysningen gjelder
-- Column value: tallet
-- Column unit: hva tallet teller
-- Column stated_by: hvem som har gitt opplysningen
-- Column document: dokumentet den står i
-- Column stated_on: datoen på dokumentet; tom når den ikke er kjent
-- Column dated: datoen på dokumentet, eller «ikke datert i kilden»
-- Column note: forbehold
-- Column confidence: confirmed når tallet er holdt mot dokumentet, ellers unconfirmed
WITH sectors AS (
    SELECT DISTINCT
        sector_code,
        sector
    FROM reference.sector
),

final AS (
    SELECT
        fact.sector_code,
        sectors.sector,
        area.area_code,
        area.area,
        area.area_kind,
        fact.fact_code,
        fact.fact,
        fact.value::BIGINT AS value,
        fact.unit,
        fact.stated_by,
        fact.source AS document,
        fact.dated::DATE AS stated_on,
        coalesce(fact.dated, 'ikke datert i kilden') AS dated,
        fact.note,
        fact.confidence,
        concat(fact.stated_by, ': ', fact.source) AS source,
        FALSE AS constructed
    FROM reference.sector_fact AS fact
    INNER JOIN mart.area AS area
        ON area.area_code = '50'
    LEFT JOIN sectors
        ON fact.sector_code = sectors.sector_code
)

SELECT * FROM final
