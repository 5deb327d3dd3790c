-- mart.vocational_college_by_area_field
-- Grain: one row per area × field of education × mode × year × term
-- Key: area_code, field_code, study_mode_code, year, semester
-- Unit: plasser; søknader; studenter; fullførte
-- Sources: mart.vocational_college_by_campus_programme, mart.area_municipality, mart.area
-- Title: Fagskolene etter område, fagfelt og studieform
-- Row: én rad per område, fagfelt, studieform, år og semester
-- Users: regionale kompetanseforum (hva gis i regionen), statistikkomiteen
-- Column offers: antall tilbud med plasser eller studenter
-- Column places: plasser fylket betaler i semesteret
-- Column applications: søknader, avrundet av DBH
-- Column students: studenter på telletidspunktet, avrundet av DBH
-- Column completions: fullførte utdanninger, avrundet av DBH; tom til DBH-tabellen er tatt i bruk
WITH source AS (
    SELECT * FROM mart.vocational_college_by_campus_programme
),

final AS (
    SELECT
        area.area_code,
        any_value(area.area) AS area,
        any_value(area.area_kind) AS area_kind,
        coalesce(source.field_code, '9') AS field_code,
        coalesce(any_value(source.field), 'Uoppgitt') AS field,
        coalesce(source.study_mode_code, 'ukjent') AS study_mode_code,
        coalesce(any_value(source.study_mode), 'Ikke oppgitt') AS study_mode,
        source.year,
        source.semester,
        count(*)::BIGINT AS offers,
        sum(source.places)::BIGINT AS places,
        sum(source.applications)::BIGINT AS applications,
        sum(source.students)::BIGINT AS students,
        sum(source.students_outside)::BIGINT AS students_outside,
        sum(source.completions)::BIGINT AS completions,
        sum(source.hidden_cells)::BIGINT AS hidden_cells,
        bool_or(source.constructed) AS constructed
    FROM source
    INNER JOIN mart.area_municipality AS member
        ON source.municipality_code = member.municipality_code
    INNER JOIN mart.area AS area
        ON member.area_code = area.area_code
    GROUP BY
        area.area_code,
        coalesce(source.field_code, '9'),
        coalesce(source.study_mode_code, 'ukjent'),
        source.year,
        source.semester
)

SELECT * FROM final
