-- mart.crosswalk_amount_education
-- Grain: one row per crosswalk × measure × period × code of programme area or programme
-- Key: crosswalk, measure, period, code
-- Unit: det kolonnen measure sier
-- Sources: mart.places_by_school_programme_area, mart.programme_area,
-- mart.pupils_by_school_programme_area, mart.certificates_by_area_trade_route,
-- mart.occupation_programme_area, staging.apprentice_contracts_by_county_programme,
-- reference.crosswalk_nus_programme_area, reference.crosswalk_trade_programme_area,
-- reference.crosswalk_programme_code, reference.region_membership, reference.utdanningsprogram
-- Title: Hvor mye overgangstabellene for utdanning dekker, kode for kode
-- Row: én rad per overgang, mål, periode og kode (programområde, lærefag eller utdanningsprogram)
-- Users: de som vedlikeholder overgangstabellene: hva som ikke er koblet; mart.crosswalk_coverage
-- Column measure: hva som er talt: places (plasser fra den dagen), pupils (elever 1. oktober),
--   contracts (løpende kontrakter 1. oktober) eller certificates (fag- og svennebrev i året)
-- Column code: koden som kobles
-- Column name: navnet på koden
WITH county AS (
    SELECT DISTINCT left(municipality_code, 2) AS county_code FROM reference.region_membership
),

-- Places and pupils of the areas that lead to a trade or a vocation, and certificates of trades.
vocational AS (
    SELECT
        'places' AS measure,
        places.valid_from::VARCHAR AS period,
        places.programme_area_code AS code,
        sum(places.places)::DOUBLE AS amount,
        bool_or(places.constructed) AS constructed
    FROM mart.places_by_school_programme_area AS places
    INNER JOIN mart.programme_area AS area
        ON places.programme_area_code = area.programme_area_code
    WHERE area.level > 1 AND area.leads_to != 'study' AND area.leads_to != 'vg3'
    GROUP BY places.valid_from, places.programme_area_code
    UNION ALL
    SELECT
        'pupils' AS measure,
        pupils.school_year_start::VARCHAR AS period,
        pupils.programme_area_code AS code,
        sum(pupils.pupils)::DOUBLE AS amount,
        bool_or(pupils.constructed) AS constructed
    FROM mart.pupils_by_school_programme_area AS pupils
    INNER JOIN mart.programme_area AS area
        ON pupils.programme_area_code = area.programme_area_code
    WHERE
        area.level > 1 AND area.leads_to != 'study' AND area.leads_to != 'vg3'
        AND pupils.intake_group = 'youth' AND pupils.pupils IS NOT NULL
    GROUP BY pupils.school_year_start, pupils.programme_area_code
    UNION ALL
    SELECT
        'certificates' AS measure,
        certificates.year::VARCHAR AS period,
        certificates.trade_code AS code,
        certificates.certificates::DOUBLE AS amount,
        certificates.constructed
    FROM mart.certificates_by_area_trade_route AS certificates
    WHERE
        certificates.area_kind = 'county'
        AND certificates.route_code = '*'
        AND certificates.certificates IS NOT NULL
),

reached AS (
    SELECT DISTINCT
        'occupation_programme_area' AS crosswalk,
        target_code AS code
    FROM mart.occupation_programme_area
    UNION
    SELECT DISTINCT
        'nus_programme_area' AS crosswalk,
        target_code AS code
    FROM reference.crosswalk_nus_programme_area
    WHERE valid_to IS NULL
    UNION
    SELECT DISTINCT
        'trade_programme_area' AS crosswalk,
        unnest([target_code, trade_code]) AS code
    FROM reference.crosswalk_trade_programme_area
    WHERE valid_to IS NULL
),

crosswalks AS (SELECT DISTINCT crosswalk FROM reached),

areas AS (
    SELECT
        crosswalks.crosswalk,
        vocational.measure,
        vocational.period,
        vocational.code,
        vocational.amount,
        CASE WHEN reached.code IS NULL THEN 0 ELSE vocational.amount END AS mapped,
        vocational.constructed
    FROM vocational
    CROSS JOIN crosswalks
    LEFT JOIN reached
        ON
            crosswalks.crosswalk = reached.crosswalk
            AND vocational.code = reached.code
    -- A certificate is of a trade, and only one crosswalk starts from trades.
    WHERE vocational.measure != 'certificates' OR crosswalks.crosswalk = 'trade_programme_area'
),

codes AS (
    SELECT DISTINCT new_code FROM reference.crosswalk_programme_code
    WHERE level = 'programme' AND new_code != 'UKJENT'
),

programme_code AS (
    SELECT
        'programme_code' AS crosswalk,
        'contracts' AS measure,
        contracts.year::VARCHAR AS period,
        contracts.programme_code AS code,
        contracts.contracts::DOUBLE AS amount,
        CASE WHEN codes.new_code IS NULL THEN 0 ELSE contracts.contracts END AS mapped,
        contracts.constructed
    FROM staging.apprentice_contracts_by_county_programme AS contracts
    INNER JOIN county
        ON contracts.county_code = county.county_code
    LEFT JOIN codes
        ON contracts.programme_code = codes.new_code
    WHERE contracts.programme_code != '*' AND contracts.contracts IS NOT NULL
),

together AS (
    SELECT * FROM areas
    UNION ALL
    SELECT * FROM programme_code
),

final AS (
    SELECT
        together.crosswalk,
        together.measure,
        together.period,
        together.code,
        coalesce(area.programme_area, programme.name, together.code) AS name,
        round(together.amount, 3) AS amount,
        round(together.mapped, 3)::DOUBLE AS mapped,
        together.constructed
    FROM together
    LEFT JOIN mart.programme_area AS area
        ON together.code = area.programme_area_code
    LEFT JOIN reference.utdanningsprogram AS programme
        ON together.code = programme.programme_code
    WHERE together.amount > 0
)

SELECT * FROM final
