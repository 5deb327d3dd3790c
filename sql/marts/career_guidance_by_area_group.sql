-- mart.career_guidance_by_area_group
-- Grain: one row per area × group × year
-- Key: area_code, group_code, year
-- Unit: personer; samtaler
-- Sources: staging.career_guidance_by_municipality_group, mart.area_municipality, mart.area,
--   reference.code_name
-- Title: Karriereveiledning etter område og gruppe
-- Row: én rad per område der de veiledede bor, gruppe og år
-- Users: karrieresentrene og regionale kompetanseforum (hvem nås hvor), fylkets kompetanseseksjon
-- Column group_code: gruppens kode i fylkets fil
-- Column group_name: navnet på gruppen; hver person er med i én
-- Column centres: antall karrieresentre som har veiledet personer fra området
-- Column persons: personer som har fått veiledning; summen av det som ikke er skjult
-- Column conversations: samtaler; summen av det som ikke er skjult
WITH source AS (
    SELECT * FROM staging.career_guidance_by_municipality_group
),

final AS (
    SELECT
        area.area_code,
        any_value(area.area) AS area,
        any_value(area.area_kind) AS area_kind,
        source.group_code,
        any_value(group_name.name) AS group_name,
        source.year,
        count(DISTINCT source.centre)::BIGINT AS centres,
        sum(source.persons)::BIGINT AS persons,
        sum(source.conversations)::BIGINT AS conversations,
        count(source.persons_mark)::BIGINT AS hidden_cells,
        bool_or(source.constructed) AS constructed
    FROM source
    INNER JOIN mart.area_municipality AS member
        ON source.municipality_code = member.municipality_code
    INNER JOIN mart.area AS area
        ON member.area_code = area.area_code
    LEFT JOIN reference.code_name AS group_name
        ON source.group_code = group_name.code AND group_name.list = 'guidance_group'
    GROUP BY area.area_code, source.group_code, source.year
)

SELECT * FROM final
