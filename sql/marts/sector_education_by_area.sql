-- mart.sector_education_by_area
-- Grain: one row per sector × area × year × measure × programme area or trade
-- Key: sector_code, area_code, year, measure, code
-- Unit: elever, kontrakter eller fag- og svennebrev, slik kolonnen measure sier
-- Sources: staging.intake_by_school_programme_area,
--   mart.apprentice_contracts_by_area_trade_contract_type,
--   mart.certificates_by_area_trade_route, staging.programme_area, mart.school,
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
-- Column number: antallet av det measure sier, av kontrakter og fagbrev alle typer og veier samlet;
--   summen av det som ikke er skjult
WITH by_area AS (
    SELECT
        members.area_code,
        intake.school_year_start AS year,
        'pupils' AS measure,
        'programme_area' AS kind,
        intake.programme_area_code AS code,
        sum(intake.pupils)::BIGINT AS number,
        count(*) FILTER (WHERE intake.pupils IS NULL) AS hidden_cells,
        bool_or(intake.constructed) AS constructed
    FROM staging.intake_by_school_programme_area AS intake
    INNER JOIN mart.school AS school
        ON intake.organisation_number = school.organisation_number
    INNER JOIN mart.area_municipality AS members
        ON school.municipality_code = members.municipality_code
    GROUP BY members.area_code, intake.school_year_start, intake.programme_area_code
    UNION ALL
    SELECT
        area_code,
        year(counted_on) AS year,
        'contracts' AS measure,
        'trade' AS kind,
        trade_code AS code,
        contracts AS number,
        hidden_cells,
        constructed
    FROM mart.apprentice_contracts_by_area_trade_contract_type
    WHERE month(counted_on) = 10 AND contract_type_code = '*'
    UNION ALL
    SELECT
        area_code,
        year,
        'certificates' AS measure,
        'trade' AS kind,
        trade_code AS code,
        certificates AS number,
        hidden_cells,
        constructed
    FROM mart.certificates_by_area_trade_route
    WHERE route_code = '*'
),

final AS (
    SELECT
        sector.sector_code,
        sector.sector,
        by_area.area_code,
        area.area,
        area.area_kind,
        by_area.year::SMALLINT AS year,
        by_area.measure,
        by_area.code,
        names.name,
        by_area.number,
        by_area.hidden_cells,
        by_area.constructed
    FROM by_area
    INNER JOIN reference.sector AS sector
        ON
            by_area.kind = sector.kind
            AND by_area.code = sector.code
    INNER JOIN mart.area AS area
        ON by_area.area_code = area.area_code
    LEFT JOIN staging.programme_area AS names
        ON by_area.code = names.programme_area_code
)

SELECT * FROM final
