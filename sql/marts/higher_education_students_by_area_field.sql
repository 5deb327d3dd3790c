-- mart.higher_education_students_by_area_field
-- Grain: one row per area × field of education × level × year
-- Key: area_code, field_code, study_level_code, year
-- Unit: studenter
-- Sources: mart.higher_education_students_by_campus_field, mart.area_municipality, mart.area
-- Title: Studenter etter område for studiestedet, fagfelt og nivå
-- Row: én rad per område, fagfelt, nivå og år
-- Users: regionale kompetanseforum, statistikkomiteen
-- Column campuses: antall studiesteder med studenter
-- Column students: registrerte studenter om høsten (1. oktober), avrundet av DBH
WITH source AS (
    SELECT * FROM mart.higher_education_students_by_campus_field
),

final AS (
    SELECT
        area.area_code,
        any_value(area.area) AS area,
        any_value(area.area_kind) AS area_kind,
        source.field_code,
        any_value(source.field) AS field,
        source.study_level_code,
        any_value(source.study_level) AS study_level,
        source.year,
        count(DISTINCT source.institution_code || ':' || source.campus_code)::BIGINT AS campuses,
        sum(source.students)::BIGINT AS students,
        sum(source.hidden_cells)::BIGINT AS hidden_cells,
        bool_or(source.constructed) AS constructed
    FROM source
    INNER JOIN mart.area_municipality AS member
        ON source.municipality_code = member.municipality_code
    INNER JOIN mart.area AS area
        ON member.area_code = area.area_code
    GROUP BY area.area_code, source.field_code, source.study_level_code, source.year
)

SELECT * FROM final
