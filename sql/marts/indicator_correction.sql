-- mart.indicator_correction
-- Grain: one row per corrected figure of a released knowledge base and correction
-- Key: base, indicator_code, area_code, year, correction
-- Unit: prosent
-- Sources: journal.indicator_correction, mart.indicator, mart.area
-- Title: Rettelser av frigitte tall
-- Row: én rad per tall og rettelse, med det som stod før
-- Users: statistikkomiteen; alle som har brukt et frigitt tall og vil vite hvorfor det er endret
-- Column correction: nummeret på rettelsen av indikatoren i grunnlaget
-- Column old_value: verdien i prosent før rettelsen
-- Column new_value: verdien i prosent etter rettelsen
-- Column reason: hvorfor tallet er rettet
-- Column corrected_on: datoen det ble rettet
-- Column corrected_by: hvem som rettet det
WITH final AS (
    SELECT
        correction.base,
        correction.indicator_code,
        indicator.indicator,
        correction.area_code,
        area.area,
        correction.year,
        correction.correction,
        correction.old_value,
        correction.new_value,
        correction.reason,
        correction.corrected_on,
        correction.corrected_by,
        'Tilbudsplan: statistikkomiteen' AS source,
        correction.constructed
    FROM journal.indicator_correction AS correction
    LEFT JOIN mart.indicator AS indicator
        ON correction.indicator_code = indicator.indicator_code
    LEFT JOIN mart.area AS area
        ON correction.area_code = area.area_code
)

SELECT * FROM final
