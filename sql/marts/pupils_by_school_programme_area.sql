-- mart.pupils_by_school_programme_area
-- Grain: one row per school year × school × programme area × level × group (youth, adult)
-- Key: school_year_start, organisation_number, programme_area_code, level, intake_group
-- Unit: elever
-- Sources: mart.intake_by_school_programme_area
-- Title: Elever etter skole og programområde
-- Row: én rad per skoleår, skole, programområde, trinn og gruppe (ungdom eller voksne)
-- Users: skolene, inntakskontoret og planleggere: hvem som går hvor; ungdom summerer til skolens
--   elevtall der ingen celle er skjult
-- Column pupils: elever 1. oktober, for voksne deltakere; tomt der tallet er skjult
-- Column hidden_cells: 1 der elevtallet er skjult, ellers 0
WITH source AS (
    SELECT * FROM mart.intake_by_school_programme_area
),

final AS (
    SELECT
        school_year_start,
        counted_on,
        organisation_number,
        school,
        owner,
        municipality_code,
        municipality,
        intake_region_code,
        intake_region,
        programme_code,
        programme,
        programme_area_code,
        programme_area,
        level,
        intake_group,
        intake_group_name,
        pupils,
        (pupils IS NULL)::BIGINT AS hidden_cells,
        constructed
    FROM source
)

SELECT * FROM final
