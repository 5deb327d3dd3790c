-- mart.education_offer
-- Grain: one row per education offer in the county, also those planned and those that have ended
-- Key: offer_code
-- Unit: plasser; lengde i år
-- Sources: mart.places_by_school_programme_area, staging.intake_by_school_programme_area,
--   mart.school, mart.programme_area, mart.vocational_college_offer,
--   mart.vocational_college_funding_by_offer, staging.vocational_college_programme,
--   staging.students_by_campus_programme, staging.course, mart.area, staging.education,
--   reference.municipality_carry, reference.study_level, reference.code_name, reference.night
-- Title: Oversikt over utdanningstilbud i fylket
-- Row: én rad per utdanningstilbud på ett sted, også de som er planlagt eller avsluttet
-- Users: kompetanseforum og planleggere (finnes tilbudet, og hvor), saksbehandlere som kobler et
--   meldt behov til et tilbud, karriereveiledere
-- Column offer: navnet på tilbudet
-- Column provider_code: skolens organisasjonsnummer, fagskolens eller institusjonens nummer hos
--   DBH, eller kurstilbyderens kode i fylkets fil
-- Column provider: hvem som gir tilbudet
-- Column years: lengden i år med den farten tilbudet gis i; tom der den ikke er oppgitt
-- Column places: plasser i nyeste år: fylkets plasser, kursets kapasitet; tom der ingen kilde har
--   dem
-- Column offer_status_code: gis, planlagt eller avsluttet
-- Column offer_status: om tilbudet gis nå, er planlagt eller er avsluttet
-- Column offer_source: kilden som sier at tilbudet finnes
WITH youth_places AS (
    -- The row of places that counts today; of an offer that has not begun, the first that will.
    SELECT
        places.*,
        places.valid_from > night.as_of AS is_to_come,
        abs(date_diff('day', places.valid_from, night.as_of)) AS days_away
    FROM mart.places_by_school_programme_area AS places
    CROSS JOIN reference.night AS night
    QUALIFY
        row_number() OVER (
            PARTITION BY
                places.organisation_number, places.programme_area_code, places.level, places.mode
            ORDER BY is_to_come ASC, days_away ASC
        ) = 1
),

youth AS (
    SELECT
        concat_ws(':', 'vgs', organisation_number, programme_area_code, level) AS offer_code,
        any_value(programme_area) AS offer,
        organisation_number AS provider_code,
        any_value(school) AS provider,
        'vgs' AS offer_kind_code,
        'stedbasert' AS study_mode_code,
        any_value(municipality_code) AS municipality_code,
        'vg' || level AS offer_level_code,
        1::DOUBLE AS years,
        sum(places)::BIGINT AS places,
        CASE
            WHEN sum(places) = 0 THEN 'avsluttet'
            WHEN bool_and(is_to_come) THEN 'planlagt'
            ELSE 'gis'
        END AS offer_status_code,
        programme_area_code,
        NULL::VARCHAR AS education_code,
        'Trøndelag fylkeskommune: kapasitet.csv' AS offer_source,
        bool_or(constructed) AS constructed
    FROM youth_places
    GROUP BY organisation_number, programme_area_code, level
),

newest_adult AS (
    SELECT
        intake.*,
        max(intake.school_year_start) OVER () AS newest
    FROM staging.intake_by_school_programme_area AS intake
    WHERE intake.intake_group = 'adult' AND intake.places > 0
),

adult AS (
    SELECT
        concat_ws(
            ':', 'vgs', newest_adult.organisation_number, newest_adult.programme_area_code,
            newest_adult.level, 'voksen'
        ) AS offer_code,
        any_value(area.programme_area) AS offer,
        newest_adult.organisation_number AS provider_code,
        any_value(school.school) AS provider,
        'vgs-voksen' AS offer_kind_code,
        'ukjent' AS study_mode_code,
        any_value(school.municipality_code) AS municipality_code,
        'vg' || newest_adult.level AS offer_level_code,
        NULL::DOUBLE AS years,
        arg_max(newest_adult.places, newest_adult.school_year_start)::BIGINT AS places,
        CASE
            WHEN max(newest_adult.school_year_start) = any_value(newest_adult.newest) THEN 'gis'
            ELSE 'avsluttet'
        END AS offer_status_code,
        newest_adult.programme_area_code,
        NULL::VARCHAR AS education_code,
        'Trøndelag fylkeskommune: inntak.csv' AS offer_source,
        bool_or(newest_adult.constructed) AS constructed
    FROM newest_adult
    INNER JOIN mart.school AS school
        ON newest_adult.organisation_number = school.organisation_number
    INNER JOIN mart.programme_area AS area
        ON newest_adult.programme_area_code = area.programme_area_code
    GROUP BY
        newest_adult.organisation_number, newest_adult.programme_area_code, newest_adult.level
),

funded AS (
    SELECT
        offer_code,
        arg_max(places_autumn, year)::BIGINT AS places
    FROM mart.vocational_college_funding_by_offer
    GROUP BY offer_code
),

-- The state of today; of an offer without one, its first.
college_state AS (
    SELECT *
    FROM mart.vocational_college_offer
    QUALIFY row_number() OVER (PARTITION BY offer_code ORDER BY is_current DESC, valid_from ASC) = 1
),

college AS (
    SELECT
        state.offer_code,
        state.college_programme AS offer,
        state.college_number AS provider_code,
        state.college AS provider,
        'fagskole' AS offer_kind_code,
        state.study_mode_code,
        state.municipality_code,
        CASE WHEN state.credits >= 120 THEN 'nkr-5.2' ELSE 'nkr-5.1' END AS offer_level_code,
        state.months / 12 AS years,
        CASE WHEN state.accreditation_code = 'akkreditert' THEN funded.places END AS places,
        CASE
            WHEN state.accreditation_code = 'akkreditert' AND state.is_current THEN 'gis'
            WHEN state.accreditation_code IN ('utløpt', 'avslått') THEN 'avsluttet'
            ELSE 'planlagt'
        END AS offer_status_code,
        NULL::VARCHAR AS programme_area_code,
        state.education_code,
        'Trøndelag fylkeskommune: fagskoletilbud.csv' AS offer_source,
        state.constructed
    FROM college_state AS state
    LEFT JOIN funded
        ON state.offer_code = funded.offer_code
),

-- What DBH knows and the county's file does not.
college_in_dbh AS (
    SELECT
        concat_ws(
            ':', 'fagskole', register.college_number, register.programme_code,
            register.municipality_code
        ) AS offer_code,
        register.programme AS offer,
        register.college_number AS provider_code,
        register.college AS provider,
        'fagskole' AS offer_kind_code,
        CASE lower(register.form_of_study)
            WHEN 'stedbasert' THEN 'stedbasert'
            WHEN 'nettbasert' THEN 'nett'
            WHEN 'samlingsbasert' THEN 'samlinger'
            ELSE 'ukjent'
        END AS study_mode_code,
        register.municipality_code,
        CASE WHEN register.credits >= 120 THEN 'nkr-5.2' ELSE 'nkr-5.1' END AS offer_level_code,
        NULL::DOUBLE AS years,
        NULL::BIGINT AS places,
        'gis' AS offer_status_code,
        NULL::VARCHAR AS programme_area_code,
        register.education_code,
        'HK-dir, DBH: tabell 556' AS offer_source,
        register.constructed
    FROM staging.vocational_college_programme AS register
    ANTI JOIN mart.vocational_college_offer AS known
        ON
            register.college_number = known.college_number
            AND register.programme_code = known.college_programme_code
),

carried AS (
    SELECT
        year,
        from_code,
        to_code
    FROM reference.municipality_carry
    QUALIFY row_number() OVER (PARTITION BY year, from_code ORDER BY weight DESC, to_code ASC) = 1
),

newest_students AS (
    SELECT
        students.*,
        coalesce(carried.to_code, students.municipality_code) AS to_code,
        max(students.year) OVER () AS newest
    FROM staging.students_by_campus_programme AS students
    LEFT JOIN carried
        ON
            students.municipality_code = carried.from_code
            AND students.year = carried.year
),

higher AS (
    SELECT
        concat_ws(
            ':', 'uh', students.institution_code, students.campus_code, students.programme_code
        ) AS offer_code,
        arg_max(students.programme, students.year) AS offer,
        students.institution_code AS provider_code,
        arg_max(students.institution, students.year) AS provider,
        'uh' AS offer_kind_code,
        'ukjent' AS study_mode_code,
        arg_max(students.to_code, students.year) AS municipality_code,
        arg_max(study_level.offer_level_code, students.year) AS offer_level_code,
        arg_max(study_level.years, students.year)::DOUBLE AS years,
        NULL::BIGINT AS places,
        CASE WHEN max(students.year) = any_value(students.newest) THEN 'gis' ELSE 'avsluttet' END
            AS offer_status_code,
        NULL::VARCHAR AS programme_area_code,
        arg_max(students.education_code, students.year) AS education_code,
        'HK-dir, DBH: tabell 124' AS offer_source,
        bool_or(students.constructed) AS constructed
    FROM newest_students AS students
    LEFT JOIN reference.study_level AS study_level
        ON students.level_code = study_level.study_level_code
    GROUP BY students.institution_code, students.campus_code, students.programme_code
),

seasons AS (
    SELECT
        *,
        2 * year + (semester = 'autumn')::INTEGER AS season,
        max(2 * year + (semester = 'autumn')::INTEGER) OVER () AS newest
    FROM staging.course
),

-- Some courses are held once a year: one that stood in the last two seasons is still held.
courses AS (
    SELECT
        concat_ws(':', 'kurs', provider_code, course_code, municipality_code) AS offer_code,
        arg_max(course, season) AS offer,
        provider_code,
        arg_max(provider, season) AS provider,
        'kurs' AS offer_kind_code,
        arg_max(mode_code, season) AS study_mode_code,
        municipality_code,
        'nkr-' || arg_max(nkr_level, season) AS offer_level_code,
        arg_max(weeks, season) / 52 AS years,
        arg_max(capacity, season)::BIGINT AS places,
        CASE WHEN max(season) > any_value(newest) - 2 THEN 'gis' ELSE 'avsluttet' END
            AS offer_status_code,
        NULL::VARCHAR AS programme_area_code,
        NULL::VARCHAR AS education_code,
        'Trøndelag fylkeskommune: kurs.csv' AS offer_source,
        bool_or(constructed) AS constructed
    FROM seasons
    GROUP BY provider_code, course_code, municipality_code
),

together AS (
    SELECT * FROM youth
    UNION ALL
    SELECT * FROM adult
    UNION ALL
    SELECT * FROM college
    UNION ALL
    SELECT * FROM college_in_dbh
    UNION ALL
    SELECT * FROM higher
    UNION ALL
    SELECT * FROM courses
),

final AS (
    SELECT
        together.offer_code,
        together.offer,
        together.provider_code,
        together.provider,
        together.offer_kind_code,
        kind.name AS offer_kind,
        together.study_mode_code,
        study_mode.name AS study_mode,
        together.municipality_code,
        area.area AS municipality,
        together.offer_level_code,
        offer_level.name AS offer_level,
        together.years,
        together.places,
        together.offer_status_code,
        status.name AS offer_status,
        together.programme_area_code,
        programme_area.programme_area,
        together.education_code,
        left(together.education_code, 2) AS field_code,
        field.education AS field,
        together.offer_source,
        together.constructed
    FROM together
    -- Colleges of the whole country stand in DBH: those with a campus here are kept.
    INNER JOIN mart.area AS area
        ON
            together.municipality_code = area.area_code
            AND area.area_kind = 'municipality'
    LEFT JOIN mart.programme_area AS programme_area
        ON together.programme_area_code = programme_area.programme_area_code
    LEFT JOIN staging.education AS field
        ON left(together.education_code, 2) = field.education_code
    LEFT JOIN reference.code_name AS kind
        ON together.offer_kind_code = kind.code AND kind.list = 'offer_kind'
    LEFT JOIN reference.code_name AS study_mode
        ON together.study_mode_code = study_mode.code AND study_mode.list = 'offer_mode'
    LEFT JOIN reference.code_name AS offer_level
        ON together.offer_level_code = offer_level.code AND offer_level.list = 'offer_level'
    LEFT JOIN reference.code_name AS status
        ON together.offer_status_code = status.code AND status.list = 'offer_status'
)

SELECT * FROM final
