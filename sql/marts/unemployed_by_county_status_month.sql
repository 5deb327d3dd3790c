-- mart.unemployed_by_county_status_month
-- Grain: one row per county (0: the country) × status × sex × month
-- Key: area_code, status, sex, month
-- Unit: personer; prosent av arbeidsstyrken
-- Sources: staging.unemployed_by_county_month, mart.area
-- Title: Arbeidssøkere etter fylke, status og kjønn
-- Row: én rad per fylke (eller landet), status, kjønn og måned
-- Users: NAV og statistikkomiteen: helt ledige, delvis ledige og arbeidssøkere på tiltak hver for
--   seg
-- Column status: helt ledige, delvis ledige eller arbeidssøkere på tiltak, med NAVs ord
-- Column sex: women (kvinner), men (menn) eller all (begge)
-- Column persons: antall personer; tomt når kilden har skjult tallet
-- Column percent_of_labour_force: personene i prosent av arbeidsstyrken
WITH source AS (
    SELECT * FROM staging.unemployed_by_county_month
),

final AS (
    SELECT
        source.county_code AS area_code,
        area.area,
        area.area_kind,
        source.status,
        source.sex,
        source.month,
        source.persons,
        source.percent_of_labour_force::DOUBLE AS percent_of_labour_force,
        source.constructed
    FROM source
    INNER JOIN mart.area AS area
        ON source.county_code = area.area_code
)

SELECT * FROM final
