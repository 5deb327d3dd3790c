-- mart.higher_education_admission_by_programme
-- Grain: one row per institution × study programme taught in the county × year × term
-- Key: institution_code, study_programme_code, year, semester
-- Unit: søknader; tilbud om opptak; personer; andel 0–1
-- Sources: staging.higher_education_admission_by_programme, staging.students_by_campus_programme,
--   staging.education
-- Title: Søknader og opptak ved universiteter og høyskoler i fylket
-- Row: én rad per institusjon, studieprogram, år og semester; tallene gjelder hele programmet, også
--   studiesteder utenfor fylket
-- Users: statistikkomiteen, regionale kompetanseforum (søkning til utdanninger i regionen)
-- Column campuses: studiestedene i fylket som har eller har hatt programmet
-- Column applications: søknadsalternativer, avrundet av DBH; en søker kan ha flere
-- Column offers: tilbud om opptak, avrundet av DBH
-- Column accepted: aksepterte tilbud, avrundet av DBH
-- Column enrolled: personer som møtte til studiestart, avrundet av DBH
-- Column enrolled_share: møtt til studiestart delt på tilbud om opptak, 0 til 1; regnet av
--   avrundede tall
WITH source AS (
    SELECT * FROM staging.higher_education_admission_by_programme
),

-- The admission table knows no campus: what has had students on a campus of the county is kept.
here AS (
    SELECT
        institution_code,
        programme_code,
        string_agg(DISTINCT campus, ', ' ORDER BY campus) AS campuses,
        arg_max(education_code, year) AS education_code
    FROM staging.students_by_campus_programme
    GROUP BY institution_code, programme_code
),

final AS (
    SELECT
        source.institution_code,
        source.institution,
        source.programme_code AS study_programme_code,
        source.programme AS study_programme,
        here.campuses,
        here.education_code,
        left(here.education_code, 2) AS field_code,
        field.education AS field,
        source.year,
        source.semester,
        source.applications,
        source.offers,
        source.accepted,
        source.enrolled,
        source.enrolled::DOUBLE / nullif(source.offers, 0) AS enrolled_share,
        (source.mark IS NOT NULL)::BIGINT AS hidden_cells,
        source.rounded,
        source.constructed
    FROM source
    INNER JOIN here
        ON
            source.institution_code = here.institution_code
            AND source.programme_code = here.programme_code
    LEFT JOIN staging.education AS field
        ON left(here.education_code, 2) = field.education_code
)

SELECT * FROM final
