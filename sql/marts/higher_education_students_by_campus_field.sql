-- mart.higher_education_students_by_campus_field
-- Grain: one row per institution × campus in the county × field of education × level × year
-- Key: institution_code, campus_code, municipality_code, field_code, study_level_code, year
-- Unit: studenter
-- Sources: staging.students_by_campus_programme, reference.municipality_carry, mart.area,
--   staging.education
-- Title: Studenter ved universiteter og høyskoler i fylket etter studiested og fagfelt
-- Row: én rad per institusjon, studiested, fagfelt, nivå og år
-- Users: statistikkomiteen, regionale kompetanseforum (hvilke fag utdannes det til i regionen)
-- Column campus_code: DBHs kode for studiestedet
-- Column campus: navnet på studiestedet hos DBH
-- Column programmes: antall studieprogram med studenter
-- Column students: registrerte studenter om høsten (1. oktober), avrundet av DBH
WITH carried AS (
    SELECT
        year,
        from_code,
        to_code
    FROM reference.municipality_carry
    -- A campus is not divided: it follows the larger part of a municipality that was.
    QUALIFY row_number() OVER (PARTITION BY year, from_code ORDER BY weight DESC, to_code ASC) = 1
),

source AS (
    SELECT
        students.*,
        coalesce(carried.to_code, students.municipality_code) AS to_code
    FROM staging.students_by_campus_programme AS students
    LEFT JOIN carried
        ON
            students.municipality_code = carried.from_code
            AND students.year = carried.year
    WHERE students.semester = 'autumn'
),

summed AS (
    SELECT
        institution_code,
        campus_code,
        to_code AS municipality_code,
        coalesce(left(education_code, 2), '9') AS field_code,
        coalesce(level_code, 'ukjent') AS study_level_code,
        year,
        any_value(institution) AS institution,
        any_value(campus) AS campus,
        coalesce(any_value(level), 'Ikke oppgitt') AS study_level,
        count(DISTINCT programme_code)::BIGINT AS programmes,
        sum(students)::BIGINT AS students,
        count(mark)::BIGINT AS hidden_cells,
        bool_or(rounded) AS rounded,
        bool_or(constructed) AS constructed
    FROM source
    GROUP BY
        institution_code,
        campus_code,
        to_code,
        coalesce(left(education_code, 2), '9'),
        coalesce(level_code, 'ukjent'),
        year
),

final AS (
    SELECT
        summed.institution_code,
        summed.institution,
        summed.campus_code,
        summed.campus,
        summed.municipality_code,
        area.area AS municipality,
        summed.field_code,
        field.education AS field,
        summed.study_level_code,
        summed.study_level,
        summed.year,
        summed.programmes,
        summed.students,
        summed.hidden_cells,
        summed.rounded,
        summed.constructed
    FROM summed
    INNER JOIN mart.area AS area
        ON summed.municipality_code = area.area_code
    LEFT JOIN staging.education AS field
        ON summed.field_code = field.education_code
)

SELECT * FROM final
