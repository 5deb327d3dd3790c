-- mart.intake_by_school_programme_area
-- Grain: one row per school year × school × programme area × level × group (youth, adult)
-- Key: school_year_start, organisation_number, programme_area_code, level, intake_group
-- Unit: plasser; personer; andel 0–1
-- Sources: staging.intake_by_school_programme_area, mart.places_by_school_programme_area,
--   mart.school, mart.programme_area, reference.education_code
-- Title: Inntak etter skole og programområde
-- Row: én rad per skoleår, skole, programområde, trinn og gruppe (ungdom eller voksne)
-- Users: inntakskontoret og planleggere: hvilke plasser som står tomme og hvem som ikke fikk
--   førstevalget sitt; skolene før de foreslår klasser; yrkesopplæringsnemnda
-- Column places: plasser på tellingsdagen; for ungdom fra fylkets kapasitetsfil der den gjelder
--   den dagen, ellers slik inntaksfilen har dem
-- Column first_choices: søkere med tilbudet som førstevalg per 1. mars; tomt der tallet er skjult
-- Column applicants: søkere med tilbudet som ett av valgene sine per 1. mars; tomt der tallet er
--   skjult
-- Column first_choice_offers: de av søkerne med tilbudet som førstevalg som fikk det ved
--   førsteinntaket; tomt der tallet er skjult
-- Column pupils: elever 1. oktober, for voksne deltakere; tomt der tallet er skjult
-- Column empty_places: plasser uten elev 1. oktober; 0 der elevene er flere enn plassene, tomt der
--   elevtallet er skjult
-- Column fill_share: elever delt på plasser; over 1 der det er flere elever enn plasser
-- Column first_choice_fulfilment_share: de som fikk førstevalget sitt delt på alle med tilbudet som
--   førstevalg, 0 til 1
-- Column first_choices_turned_away: søkere som ikke fikk førstevalget sitt; tomt der et av tallene
--   er skjult
-- Column hidden_cells: antall tall som er skjult i raden, av søkere, førstevalg, tilbud og elever
WITH intake AS (
    SELECT
        *,
        make_date(school_year_start, 10, 1) AS counted_on
    FROM staging.intake_by_school_programme_area
),

days AS (
    SELECT DISTINCT counted_on FROM intake
),

-- The newest line of each offer that counts on the day.
valid AS (
    SELECT
        days.counted_on,
        places.organisation_number,
        places.programme_area_code,
        places.level,
        places.places
    FROM mart.places_by_school_programme_area AS places
    INNER JOIN days
        ON places.valid_from <= days.counted_on
    QUALIFY row_number() OVER (
        PARTITION BY
            days.counted_on,
            places.organisation_number,
            places.programme_area_code,
            places.level,
            places.mode
        ORDER BY places.valid_from DESC
    ) = 1
),

capacity AS (
    SELECT
        counted_on,
        organisation_number,
        programme_area_code,
        level,
        sum(places)::INTEGER AS places
    FROM valid
    GROUP BY counted_on, organisation_number, programme_area_code, level
),

joined AS (
    SELECT
        intake.*,
        coalesce(capacity.places, intake.places) AS places_that_day,
        (intake.first_choices_mark IS NOT NULL)::INTEGER
        + (intake.applicants_mark IS NOT NULL)::INTEGER
        + (intake.first_choice_offers_mark IS NOT NULL)::INTEGER
        + (intake.pupils_mark IS NOT NULL)::INTEGER AS hidden
    FROM intake
    LEFT JOIN capacity
        ON
            intake.intake_group = 'youth'
            AND intake.counted_on = capacity.counted_on
            AND intake.organisation_number = capacity.organisation_number
            AND intake.programme_area_code = capacity.programme_area_code
            AND intake.level = capacity.level
),

final AS (
    SELECT
        joined.school_year_start,
        joined.counted_on,
        joined.organisation_number,
        school.school,
        school.owner,
        school.municipality_code,
        school.municipality,
        school.intake_region_code,
        school.intake_region,
        area.programme_code,
        area.programme,
        joined.programme_area_code,
        area.programme_area,
        joined.level,
        joined.intake_group,
        codes.name AS intake_group_name,
        joined.places_that_day AS places,
        joined.first_choices,
        joined.applicants,
        joined.first_choice_offers,
        joined.pupils,
        -- `greatest` passes over nulls: a closed count would give none empty.
        CASE
            WHEN joined.pupils IS NOT NULL THEN greatest(joined.places_that_day - joined.pupils, 0)
        END AS empty_places,
        joined.pupils::DOUBLE / nullif(joined.places_that_day, 0) AS fill_share,
        joined.first_choice_offers::DOUBLE / nullif(joined.first_choices, 0)
            AS first_choice_fulfilment_share,
        joined.first_choices - joined.first_choice_offers AS first_choices_turned_away,
        joined.hidden::BIGINT AS hidden_cells,
        joined.constructed
    FROM joined
    LEFT JOIN mart.school AS school
        ON joined.organisation_number = school.organisation_number
    LEFT JOIN mart.programme_area AS area
        ON joined.programme_area_code = area.programme_area_code
    LEFT JOIN reference.education_code AS codes
        ON
            codes.code_kind = 'intake_group'
            AND joined.intake_group = codes.code
)

SELECT * FROM final
