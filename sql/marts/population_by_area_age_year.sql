-- mart.population_by_area_age_year
-- Grain: one row per area × age (0-19 one by one, and groups) × year (1 January) × alternative
-- Key: area_code, age_group, year, alternative
-- Unit: personer
-- Sources: mart.cohort_by_municipality_year, mart.area, mart.area_municipality,
--   staging.population_by_municipality, staging.population_projection_by_municipality
-- Title: Folkemengde etter område, alder og år, registrert og framskrevet
-- Row: én rad per område, alder eller aldersgruppe, år (1. januar) og framskrivingsalternativ
-- Users: planleggere og regionale kompetanseforum: hvor store ungdomskullene er og blir, og hvor
--   mange som er i arbeidsfør alder
-- Column age_group: alder i hele år (0 til 19) eller aldersgruppe; 80+ er 80 år og eldre, alle er
--   alle aldre. Gruppene overlapper og skal ikke summeres
-- Column age_from: laveste alder i gruppen, år
-- Column age_to: høyeste alder i gruppen, år; tom når gruppen er åpen oppover
-- Column basis: registered (registrert 1. januar) eller projected (framskrevet)
-- Column is_break: ja i det første framskrevne året: der går serien over fra registrert til
--   framskrevet
-- Column persons: antall personer 1. januar, rundet til hele personer etter omregning til dagens
--   kommuner
WITH country_registered AS (
    SELECT
        age,
        year,
        'main' AS alternative,
        'registered' AS basis,
        persons,
        constructed
    FROM staging.population_by_municipality
    WHERE area_code = '0'
),

-- As for the municipalities: registered figures go before projected ones.
country AS (
    SELECT * FROM country_registered
    UNION ALL
    SELECT
        age,
        year,
        alternative,
        'projected' AS basis,
        persons,
        constructed
    FROM staging.population_projection_by_municipality
    WHERE
        area_code = '0'
        AND year > (SELECT max(country_registered.year) FROM country_registered)
),

by_age AS (
    SELECT
        members.area_code,
        cohort.age,
        cohort.year,
        cohort.alternative,
        cohort.basis,
        sum(cohort.persons::DECIMAL(18, 6)) AS persons,
        bool_or(cohort.constructed) AS constructed
    FROM mart.cohort_by_municipality_year AS cohort
    INNER JOIN mart.area_municipality AS members
        ON cohort.municipality_code = members.municipality_code
    GROUP BY ALL
    UNION ALL
    SELECT
        '0' AS area_code,
        age,
        year,
        alternative,
        basis,
        persons::DECIMAL(18, 6) AS persons,
        constructed
    FROM country
),

age_groups AS (
    SELECT
        single.age::VARCHAR AS age_group,
        single.age::SMALLINT AS age_from,
        single.age::SMALLINT AS age_to
    FROM range(20) AS single (age)
    UNION ALL
    SELECT
        wider.age_group,
        wider.age_from::SMALLINT AS age_from,
        wider.age_to::SMALLINT AS age_to
    FROM (
        VALUES
        ('0-5', 0, 5),
        ('6-12', 6, 12),
        ('13-15', 13, 15),
        ('16-18', 16, 18),
        ('19-24', 19, 24),
        ('20-66', 20, 66),
        ('67+', 67, NULL),
        ('80+', 80, NULL),
        ('alle', 0, NULL)
    ) AS wider (age_group, age_from, age_to)
),

final AS (
    SELECT
        by_age.area_code,
        area.area,
        area.area_kind,
        age_groups.age_group,
        age_groups.age_from,
        age_groups.age_to,
        by_age.year,
        by_age.alternative,
        by_age.basis,
        by_age.basis = 'projected'
        AND by_age.year = min(by_age.year) FILTER (WHERE by_age.basis = 'projected') OVER ()
            AS is_break,
        round(sum(by_age.persons))::BIGINT AS persons,
        bool_or(by_age.constructed) AS constructed
    FROM by_age
    INNER JOIN age_groups
        ON
            by_age.age >= age_groups.age_from
            AND by_age.age <= coalesce(age_groups.age_to, 999)
    INNER JOIN mart.area AS area
        ON by_age.area_code = area.area_code
    GROUP BY
        by_age.area_code,
        area.area,
        area.area_kind,
        age_groups.age_group,
        age_groups.age_from,
        age_groups.age_to,
        by_age.year,
        by_age.alternative,
        by_age.basis
)

SELECT * FROM final
