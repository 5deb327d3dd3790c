-- mart.admission_point_limit_by_school
-- Grain: one row per school × offer × level × year × round, as the source lists it
-- Key: school, offer, occurrence, level_name, year, round
-- Unit: inntakspoeng
-- Sources: staging.admission_point_limit, mart.school, mart.programme
-- Title: Poenggrenser ved inntaket
-- Row: én rad per skole, tilbud, trinn, år og inntaksrunde
-- Users: rådgivere, inntakskontoret og planleggere: hvor det er kamp om plassene
-- Column organisation_number: skolens organisasjonsnummer; tomt der skolen ikke kan finnes i
--   skoleregisteret på navnet kilden bruker
-- Column offer: tilbudet, slik kilden skriver det
-- Column occurrence: nummer på raden der skolen har flere tilbud med samme navn
-- Column level_name: trinnet, slik kilden skriver det (Vg1, Vg2, Vg3)
-- Column round: inntaksrunde; 1 er førsteinntaket
-- Column points: inntakspoengene til den siste som fikk plass; tomt der alle søkerne fikk plass
-- Column is_open: ja der alle søkerne fikk plass
WITH final AS (
    SELECT
        school.organisation_number,
        points.school,
        school.municipality_code,
        school.municipality,
        school.intake_region_code,
        school.intake_region,
        points.category_code AS programme_code,
        programme.programme,
        points.offer,
        points.occurrence,
        points.level AS level_name,
        points.year,
        points.round,
        points.points::DOUBLE AS points,
        points.is_open,
        points.constructed
    FROM staging.admission_point_limit AS points
    -- The source has no codes: the register's name is the only way to the school.
    LEFT JOIN mart.school AS school
        ON
            points.school = school.school
            AND school.is_active
    LEFT JOIN mart.programme AS programme
        ON points.category_code = programme.programme_code
)

SELECT * FROM final
