-- mart.sector_education_by_area
-- Grain: one row per sector × area × year × measure × programme area or trade
-- Key: sector_code, area_code, year, measure, code
-- Unit: elever, kontrakter eller fag- og svennebrev, slik kolonnen measure sier
-- Sources: staging.intake_by_school_programme_area,
--   staging.contracts_by_municipality_trade_contract_type,
--   staging.certificates_by_municipality_trade_route, staging.programme_area, mart.school,
--   reference.sector, mart.area, mart.area_municipality
-- Title: Opplæring for sektoren etter område
-- Row: én rad per sektor, område, år, mål (elever, kontrakter, fagbrev) og programområde eller
--   lærefag
-- Users: forumet for helse og omsorg, andre bransjefora og yrkesopplæringsnemnda: hvor mange som
--   utdannes for sektoren i regionen, ved siden av hvor mange den trenger
-- Column year: kalenderåret; for elever året skoleåret begynte
-- Column measure: pupils (elever 1. oktober på skolene i området, ungdom og voksne), contracts
--   (løpende kontrakter 1. oktober, etter virksomhetens kommune) eller certificates (beståtte fag-
--   og svenneprøver i året)
-- Column code: programområdekode for elever, lærefagets kode for kontrakter og fagbrev
-- Column name: navnet på programområdet eller lærefaget
-- Column number: antallet av det measure sier; summen av det som ikke er skjult
WITH figures AS (
    SELECT
        school.municipality_code,
        intake.school_year_start AS year,
        'pupils' AS measure,
        'programme_area' AS kind,
        intake.programme_area_code AS code,
        intake.pupils AS number,
        intake.constructed
    FROM staging.intake_by_school_programme_area AS intake
    INNER JOIN mart.school AS school
        ON intake.organisation_number = school.organisation_number
    UNION ALL
    SELECT
        municipality_code,
        year(counted_on) AS year,
        'contracts' AS measure,
        'trade' AS kind,
        trade_code AS code,
        contracts AS number,
        constructed
    FROM staging.contracts_by_municipality_trade_contract_type
    WHERE month(counted_on) = 10
    UNION ALL
    SELECT
        municipality_code,
        year,
        'certificates' AS measure,
        'trade' AS kind,
        trade_code AS code,
        certificates AS number,
        constructed
    FROM staging.certificates_by_municipality_trade_route
),

-- The county's own figure of contracts and certificates holds what its municipalities have closed;
-- pupils have none, and the county is the sum of its schools.
by_area AS (
    SELECT
        members.area_code,
        figures.year,
        figures.measure,
        figures.kind,
        figures.code,
        figures.number,
        figures.constructed
    FROM figures
    INNER JOIN mart.area_municipality AS members
        ON figures.municipality_code = members.municipality_code
    WHERE members.area_kind != 'county' OR figures.measure = 'pupils'
    UNION ALL
    SELECT
        municipality_code AS area_code,
        year,
        measure,
        kind,
        code,
        number,
        constructed
    FROM figures
    WHERE length(municipality_code) = 2
),

final AS (
    SELECT
        sector.sector_code,
        any_value(sector.sector) AS sector,
        by_area.area_code,
        any_value(area.area) AS area,
        any_value(area.area_kind) AS area_kind,
        by_area.year::SMALLINT AS year,
        by_area.measure,
        by_area.code,
        any_value(names.name) AS name,
        sum(by_area.number)::BIGINT AS number,
        count(*) FILTER (WHERE by_area.number IS NULL) AS hidden_cells,
        bool_or(by_area.constructed) AS constructed
    FROM by_area
    INNER JOIN reference.sector AS sector
        ON
            by_area.kind = sector.kind
            AND by_area.code = sector.code
    INNER JOIN mart.area AS area
        ON by_area.area_code = area.area_code
    LEFT JOIN staging.programme_area AS names
        ON by_area.code = names.programme_area_code
    GROUP BY
        sector.sector_code, by_area.area_code, by_area.year, by_area.measure, by_area.code
)

SELECT * FROM final
