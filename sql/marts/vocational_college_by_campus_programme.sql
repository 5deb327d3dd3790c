-- mart.vocational_college_by_campus_programme
-- Grain: one row per programme of a vocational college × year × term
-- Key: college, college_programme, year, semester
-- Unit: plasser; søknader; studenter; fullførte; studenter per plass
-- Sources: staging.vocational_college_programme, staging.vocational_college_students_by_programme,
--   staging.vocational_college_students_outside_census,
--   staging.vocational_college_applications_by_programme,
--   staging.vocational_college_completions_by_programme,
--   staging.vocational_college_funding_by_offer, mart.vocational_college_offer, mart.area,
--   staging.education
-- Title: Fagskolene: plasser, søknader, studenter og fullførte etter tilbud og studiested
-- Row: én rad per fagskole, tilbud, år og semester
-- Users: fagskolerådgivere (plasser mot søknader og studenter), regionale kompetanseforum,
--   statistikkomiteen
-- Column places: plasser fylket betaler i semesteret; tom der fylket ikke gir tilskudd
-- Column applications: søknader, avrundet av DBH
-- Column students: studenter på telletidspunktet, avrundet av DBH
-- Column completions: fullførte utdanninger, avrundet av DBH; tom til DBH-tabellen er tatt i bruk
-- Column students_per_place: studenter på telletidspunktet delt på plasser fylket betaler; deltid
--   gjør at én plass kan ha flere studenter
WITH register AS (
    SELECT * FROM staging.vocational_college_programme
),

-- DBH sums students and completions by names alone: a name that stands for several offers of a
-- college has no code here, and no campus unless they share it.
named AS (
    SELECT
        college,
        programme,
        any_value(college_number) AS college_number,
        CASE WHEN count(*) = 1 THEN any_value(programme_code) END AS programme_code,
        CASE WHEN count(DISTINCT municipality_code) = 1 THEN any_value(municipality_code) END
            AS municipality_code,
        CASE WHEN count(DISTINCT education_code) = 1 THEN any_value(education_code) END
            AS education_code
    FROM register
    GROUP BY college, programme
),

places AS (
    SELECT
        college_number,
        programme_code,
        year,
        unnest(['spring', 'autumn']) AS semester,
        unnest([places_spring, places_autumn]) AS places,
        constructed
    FROM staging.vocational_college_funding_by_offer
),

counted AS (
    SELECT
        college,
        programme,
        year,
        semester,
        NULL::INTEGER AS places,
        NULL::BIGINT AS applications,
        students,
        NULL::BIGINT AS students_outside,
        NULL::BIGINT AS completions,
        (mark IS NOT NULL)::BIGINT AS hidden_cells,
        rounded,
        constructed
    FROM staging.vocational_college_students_by_programme
    UNION ALL
    SELECT
        college,
        programme,
        year,
        semester,
        NULL::INTEGER AS places,
        NULL::BIGINT AS applications,
        NULL::BIGINT AS students,
        students AS students_outside,
        NULL::BIGINT AS completions,
        (mark IS NOT NULL)::BIGINT AS hidden_cells,
        rounded,
        constructed
    FROM staging.vocational_college_students_outside_census
    UNION ALL
    SELECT
        college,
        programme,
        year,
        semester,
        NULL::INTEGER AS places,
        NULL::BIGINT AS applications,
        NULL::BIGINT AS students,
        NULL::BIGINT AS students_outside,
        completions,
        (mark IS NOT NULL)::BIGINT AS hidden_cells,
        rounded,
        constructed
    FROM staging.vocational_college_completions_by_programme
    UNION ALL
    SELECT
        register.college,
        register.programme,
        applications.year,
        applications.semester,
        NULL::INTEGER AS places,
        applications.applications,
        NULL::BIGINT AS students,
        NULL::BIGINT AS students_outside,
        NULL::BIGINT AS completions,
        (applications.mark IS NOT NULL)::BIGINT AS hidden_cells,
        applications.rounded,
        applications.constructed
    FROM staging.vocational_college_applications_by_programme AS applications
    INNER JOIN register
        ON
            applications.college_number = register.college_number
            AND applications.programme_code = register.programme_code
    UNION ALL
    SELECT
        register.college,
        register.programme,
        places.year,
        places.semester,
        places.places,
        NULL::BIGINT AS applications,
        NULL::BIGINT AS students,
        NULL::BIGINT AS students_outside,
        NULL::BIGINT AS completions,
        0 AS hidden_cells,
        FALSE AS rounded,
        places.constructed
    FROM places
    INNER JOIN register
        ON
            places.college_number = register.college_number
            AND places.programme_code = register.programme_code
            AND places.places > 0
),

summed AS (
    SELECT
        college,
        programme,
        year,
        semester,
        sum(places)::BIGINT AS places,
        sum(applications)::BIGINT AS applications,
        sum(students)::BIGINT AS students,
        sum(students_outside)::BIGINT AS students_outside,
        sum(completions)::BIGINT AS completions,
        sum(hidden_cells)::BIGINT AS hidden_cells,
        bool_or(rounded) AS rounded,
        bool_or(constructed) AS constructed,
        make_date(year, CASE semester WHEN 'spring' THEN 3 ELSE 10 END, 1) AS counted_on
    FROM counted
    GROUP BY college, programme, year, semester
),

final AS (
    SELECT
        offer.offer_code,
        named.college_number,
        summed.college,
        named.programme_code AS college_programme_code,
        summed.programme AS college_programme,
        named.municipality_code,
        area.area AS municipality,
        named.education_code,
        left(named.education_code, 2) AS field_code,
        field.education AS field,
        offer.study_mode_code,
        offer.study_mode,
        offer.accreditation_code,
        offer.accreditation,
        summed.year,
        summed.semester,
        summed.places,
        summed.applications,
        summed.students,
        summed.students_outside,
        summed.completions,
        summed.students::DOUBLE / nullif(summed.places, 0) AS students_per_place,
        summed.hidden_cells,
        summed.rounded,
        summed.constructed
    FROM summed
    INNER JOIN named
        ON
            summed.college = named.college
            AND summed.programme = named.programme
    -- Colleges of the whole country stand in DBH: those with a campus here are kept.
    INNER JOIN mart.area AS area
        ON
            named.municipality_code = area.area_code
            AND area.area_kind = 'municipality'
    LEFT JOIN staging.education AS field
        ON left(named.education_code, 2) = field.education_code
    LEFT JOIN mart.vocational_college_offer AS offer
        ON
            named.college_number = offer.college_number
            AND named.programme_code = offer.college_programme_code
            AND named.municipality_code = offer.municipality_code
            AND summed.counted_on >= offer.valid_from
            AND summed.counted_on < coalesce(offer.valid_to, DATE '9999-12-31')
)

SELECT * FROM final
