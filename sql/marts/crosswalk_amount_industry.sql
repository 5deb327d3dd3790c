-- mart.crosswalk_amount_industry
-- Grain: one row per crosswalk × measure × period × code of industry or occupation group
-- Key: crosswalk, measure, period, code
-- Unit: det kolonnen measure sier
-- Sources: staging.employed_by_municipality_industry, staging.vacancies_by_industry_quarter,
-- staging.industry_sn2025, staging.occupation, mart.occupation_programme_area,
-- reference.crosswalk_industry_occupation, reference.region_membership
-- Title: Hvor mye overgangstabellene for næring og yrke dekker, kode for kode
-- Row: én rad per overgang, mål, periode og kode (næring eller yrke)
-- Users: de som vedlikeholder overgangstabellene: hva som ikke er koblet; mart.crosswalk_coverage
-- Column measure: hva som er talt: employment (sysselsatte i fylket) eller vacancies (ledige
--   stillinger i landet)
-- Column code: koden som kobles
-- Column name: navnet på koden
WITH county AS (
    SELECT DISTINCT left(municipality_code, 2) AS county_code FROM reference.region_membership
),

employment AS (
    SELECT
        employed.industry_code,
        employed.municipality_code,
        employed.year,
        sum(employed.employed) AS employed,
        bool_or(employed.constructed) AS constructed
    FROM staging.employed_by_municipality_industry AS employed
    INNER JOIN county
        ON left(employed.municipality_code, 2) = county.county_code
    GROUP BY employed.industry_code, employed.municipality_code, employed.year
),

-- Share of an industry's people whose occupation is named: '00' is an occupation not known.
staffing AS (
    SELECT
        industry_code,
        sum(weight::DOUBLE) FILTER (WHERE occupation_code != '00') AS carried
    FROM reference.crosswalk_industry_occupation
    WHERE valid_to IS NULL
    GROUP BY industry_code
),

by_industry AS (
    SELECT
        'employment' AS measure,
        year::VARCHAR AS period,
        industry_code AS code,
        sum(employed)::DOUBLE AS amount,
        bool_or(constructed) AS constructed
    FROM employment
    GROUP BY year, industry_code
    UNION ALL
    SELECT
        'vacancies' AS measure,
        year || 'K' || quarter AS period,
        industry_code AS code,
        sum(value)::DOUBLE AS amount,
        bool_or(constructed) AS constructed
    FROM staging.vacancies_by_industry_quarter
    WHERE contents_code = 'LedigeStillinger'
    GROUP BY year, quarter, industry_code
),

industry_occupation AS (
    SELECT
        'industry_occupation' AS crosswalk,
        by_industry.measure,
        by_industry.period,
        by_industry.code,
        by_industry.amount,
        by_industry.amount * coalesce(staffing.carried, 0) AS mapped,
        by_industry.constructed
    FROM by_industry
    LEFT JOIN staffing
        ON by_industry.code = staffing.industry_code
),

-- A group of the tables is a range of divisions ('10-33'); it is carried where each division of it
-- goes to one division of SN2025 and no shares are needed.
divisions AS (
    SELECT
        left(industry_code_2007, 2) AS division,
        count(DISTINCT left(industry_code_2025, 2)) AS targets
    FROM staging.industry_sn2025
    WHERE regexp_full_match(left(industry_code_2007, 2), '[0-9]{2}')
    GROUP BY left(industry_code_2007, 2)
),

industry_sn2025 AS (
    SELECT
        'industry_sn2025' AS crosswalk,
        by_industry.measure,
        by_industry.period,
        by_industry.code,
        by_industry.amount,
        CASE
            WHEN count(divisions.division) > 0 AND max(divisions.targets) = 1
                THEN by_industry.amount
            ELSE 0
        END AS mapped,
        by_industry.constructed
    FROM by_industry
    LEFT JOIN divisions
        ON
            divisions.division >= left(by_industry.code, 2)
            AND divisions.division <= right(by_industry.code, 2)
    GROUP BY
        by_industry.measure,
        by_industry.period,
        by_industry.code,
        by_industry.amount,
        by_industry.constructed
),

-- Occupations are not counted by municipality: employment by industry is spread by the staffing.
occupation_groups AS (
    SELECT
        employment.year::VARCHAR AS period,
        staffing.occupation_code AS code,
        sum(employment.employed * staffing.weight::DOUBLE) AS amount,
        bool_or(employment.constructed) AS constructed
    FROM employment
    INNER JOIN reference.crosswalk_industry_occupation AS staffing
        ON employment.industry_code = staffing.industry_code
    WHERE staffing.valid_to IS NULL
    GROUP BY employment.year, staffing.occupation_code
),

carried_groups AS (
    SELECT
        left(occupation_code, 2) AS code,
        sum(weight) FILTER (WHERE target_code != 'UKJENT') / sum(weight) AS carried
    FROM mart.occupation_programme_area
    GROUP BY left(occupation_code, 2)
),

occupation_programme_area AS (
    SELECT
        'occupation_programme_area' AS crosswalk,
        'employment' AS measure,
        occupation_groups.period,
        occupation_groups.code,
        occupation_groups.amount,
        occupation_groups.amount * coalesce(carried_groups.carried, 0) AS mapped,
        occupation_groups.constructed
    FROM occupation_groups
    LEFT JOIN carried_groups
        ON occupation_groups.code = carried_groups.code
),

together AS (
    SELECT * FROM industry_occupation
    UNION ALL
    SELECT * FROM industry_sn2025
    UNION ALL
    SELECT * FROM occupation_programme_area
),

names AS (
    SELECT
        occupation_code AS code,
        occupation AS name,
        TRUE AS of_occupation
    FROM staging.occupation
    WHERE level = 2
    UNION ALL
    SELECT DISTINCT
        industry_code AS code,
        industry_name AS name,
        FALSE AS of_occupation
    FROM reference.crosswalk_industry_occupation
),

final AS (
    SELECT
        together.crosswalk,
        together.measure,
        together.period,
        together.code,
        coalesce(names.name, together.code) AS name,
        round(together.amount, 3) AS amount,
        round(together.mapped, 3)::DOUBLE AS mapped,
        together.constructed
    FROM together
    LEFT JOIN names
        ON
            together.code = names.code
            AND (together.crosswalk = 'occupation_programme_area') = names.of_occupation
    WHERE together.amount > 0
)

SELECT * FROM final
