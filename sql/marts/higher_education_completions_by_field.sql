-- mart.higher_education_completions_by_field
-- Grain: one row per institution × field of education × level × year, programmes taught in the
--   county
-- Key: institution_code, field_code, study_level_code, year
-- Unit: fullførte studieprogram
-- Sources: staging.higher_education_completions_by_programme,
--   staging.students_by_campus_programme, staging.education
-- Title: Fullførte studieprogram ved universiteter og høyskoler i fylket etter fagfelt
-- Row: én rad per institusjon, fagfelt, nivå og år; tallene gjelder hele programmet, også
--   studiesteder utenfor fylket
-- Users: statistikkomiteen, regionale kompetanseforum (hvor mange kandidater utdannes)
-- Column programmes: antall studieprogram med fullførte
-- Column completions: fullførte studieprogram i kalenderåret, avrundet av DBH
WITH source AS (
    SELECT * FROM staging.higher_education_completions_by_programme
),

here AS (
    SELECT DISTINCT
        institution_code,
        programme_code
    FROM staging.students_by_campus_programme
),

summed AS (
    SELECT
        source.institution_code,
        coalesce(left(source.education_code, 2), '9') AS field_code,
        coalesce(source.level_code, 'ukjent') AS study_level_code,
        source.year,
        any_value(source.institution) AS institution,
        coalesce(any_value(source.level), 'Ikke oppgitt') AS study_level,
        count(DISTINCT source.programme_code)::BIGINT AS programmes,
        sum(source.completions)::BIGINT AS completions,
        count(source.mark)::BIGINT AS hidden_cells,
        bool_or(source.rounded) AS rounded,
        bool_or(source.constructed) AS constructed
    FROM source
    INNER JOIN here
        ON
            source.institution_code = here.institution_code
            AND source.programme_code = here.programme_code
    GROUP BY
        source.institution_code,
        coalesce(left(source.education_code, 2), '9'),
        coalesce(source.level_code, 'ukjent'),
        source.year
),

final AS (
    SELECT
        summed.institution_code,
        summed.institution,
        summed.field_code,
        field.education AS field,
        summed.study_level_code,
        summed.study_level,
        summed.year,
        summed.programmes,
        summed.completions,
        summed.hidden_cells,
        summed.rounded,
        summed.constructed
    FROM summed
    LEFT JOIN staging.education AS field
        ON summed.field_code = field.education_code
)

SELECT * FROM final
