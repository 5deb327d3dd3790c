-- mart.competence_measure_by_area
-- Grain: one row per area × programme × target group × year
-- Key: area_code, measure_programme, target_group_code, year
-- Unit: tiltak; personer; kroner
-- Sources: staging.competence_measure, mart.area_municipality, mart.area, reference.code_name
-- Title: Andre kompetansetiltak etter område, program og målgruppe
-- Row: én rad per område, program, målgruppe og år; tiltak for hele fylket er bare med i fylket
-- Users: regionale kompetanseforum, fylkets kompetanseseksjon, NAV
-- Column measure_programme: programmet tiltaket er betalt av
-- Column target_group_code: målgruppens kode i fylkets fil
-- Column target_group: målgruppen
-- Column measures: antall tiltak
-- Column participants: deltakere i tiltakene; summen av det som ikke er skjult
-- Column cost_nok: hva tiltakene har kostet, kroner
WITH source AS (
    SELECT * FROM staging.competence_measure
),

placed AS (
    SELECT
        source.*,
        member.area_code
    FROM source
    INNER JOIN mart.area_municipality AS member
        ON source.municipality_code = member.municipality_code
    UNION ALL
    SELECT
        source.*,
        source.municipality_code AS area_code
    FROM source
    WHERE length(source.municipality_code) = 2
),

final AS (
    SELECT
        area.area_code,
        any_value(area.area) AS area,
        any_value(area.area_kind) AS area_kind,
        placed.measure_programme,
        placed.target_group_code,
        any_value(target_group.name) AS target_group,
        placed.year,
        count(*)::BIGINT AS measures,
        sum(placed.participants)::BIGINT AS participants,
        sum(placed.cost_nok)::BIGINT AS cost_nok,
        count(placed.participants_mark)::BIGINT AS hidden_cells,
        bool_or(placed.constructed) AS constructed
    FROM placed
    INNER JOIN mart.area AS area
        ON placed.area_code = area.area_code
    LEFT JOIN reference.code_name AS target_group
        ON placed.target_group_code = target_group.code AND target_group.list = 'target_group'
    GROUP BY area.area_code, placed.measure_programme, placed.target_group_code, placed.year
)

SELECT * FROM final
