-- mart.cohort_by_municipality_year
-- Grain: one row per municipality (today's borders) × age × year (1 January) × alternative
-- Key: municipality_code, age, year, alternative
-- Unit: personer
-- Sources: staging.population_by_municipality, staging.population_projection_by_municipality,
--   reference.municipality_carry, reference.regions, reference.region_membership, mart.area
-- Title: Befolkningskull etter kommune, alder og år, registrert og framskrevet
-- Row: én rad per kommune (dagens grenser), alder, år (1. januar) og framskrivingsalternativ
-- Users: modellen for forventede elever, og folkemengde etter område; analytikere som trenger ett
--   kull i én kommune
-- Column age: alder i hele år 1. januar
-- Column basis: registered (registrert) eller projected (framskrevet); bruddet går etter siste
--   registrerte år
-- Column persons: antall personer 1. januar; et desimaltall der innbyggerne i en delt kommune er
--   fordelt på dem som tok over
WITH registered AS (
    SELECT
        area_code,
        age,
        year,
        'main' AS alternative,
        'registered' AS basis,
        sum(persons) AS persons,
        bool_or(constructed) AS constructed
    FROM staging.population_by_municipality
    WHERE area_code != '0'
    GROUP BY area_code, age, year
),

-- Registered figures go before projected ones: the break lies after the last registered year.
projected AS (
    SELECT
        area_code,
        age,
        year,
        alternative,
        'projected' AS basis,
        sum(persons) AS persons,
        bool_or(constructed) AS constructed
    FROM staging.population_projection_by_municipality
    WHERE
        area_code != '0'
        AND year > (SELECT max(registered.year) FROM registered)
    GROUP BY area_code, age, year, alternative
),

known AS (
    SELECT * FROM registered
    UNION ALL
    SELECT * FROM projected
),

-- Sums of decimals do not depend on the order in which threads add them.
carried AS (
    SELECT
        coalesce(carry.to_code, known.area_code) AS municipality_code,
        known.age,
        known.year,
        known.alternative,
        known.basis,
        sum(known.persons::DECIMAL(12, 0) * coalesce(carry.weight, 1)::DECIMAL(9, 6))::DOUBLE
            AS persons,
        bool_or(known.constructed) AS constructed
    FROM known
    -- What the source itself has carried to today's codes has no way in years before they were.
    LEFT JOIN reference.municipality_carry AS carry
        ON
            known.area_code = carry.from_code
            -- A projection stands on the borders of its edition: today's.
            AND carry.year = CASE
                WHEN known.basis = 'registered' THEN known.year
                ELSE (SELECT max(newest.year) FROM reference.municipality_carry AS newest)
            END
    GROUP BY ALL
),

final AS (
    SELECT
        carried.municipality_code,
        area.area AS municipality,
        carried.age,
        carried.year,
        carried.alternative,
        carried.basis,
        carried.persons,
        carried.constructed
    FROM carried
    INNER JOIN reference.region_membership AS membership
        ON carried.municipality_code = membership.municipality_code
    INNER JOIN reference.regions AS regions
        ON
            membership.region_code = regions.region_code
            AND regions.kind = 'intake'
    LEFT JOIN mart.area AS area
        ON carried.municipality_code = area.area_code
)

SELECT * FROM final
