-- mart.lower_secondary_pupils_by_area_grade
-- Grain: one row per area × grade (8-10) × school year
-- Key: area_code, grade, school_year_start
-- Unit: elever
-- Sources: staging.lower_secondary_pupils_by_municipality, reference.municipality_carry, mart.area,
--   mart.area_municipality
-- Title: Elever på ungdomstrinnet etter område og trinn
-- Row: én rad per område, årstrinn (8, 9 eller 10) og skoleår
-- Users: planleggere: kullene som søker videregående om ett til tre år; 10. trinn er neste års
--   søkere
-- Column grade: årstrinn i grunnskolen, 8 til 10
-- Column pupils: elever 1. oktober i skolene i området; summen av de kommunene som ikke er skjult,
--   for fylket kildens eget tall
WITH carried AS (
    SELECT
        coalesce(carry.to_code, source.area_code) AS municipality_code,
        source.school_year_start,
        source.grade,
        source.pupils * coalesce(carry.weight, 1) AS pupils,
        source.constructed
    FROM staging.lower_secondary_pupils_by_municipality AS source
    LEFT JOIN reference.municipality_carry AS carry
        ON
            source.area_code = carry.from_code
            AND source.school_year_start = carry.year
    WHERE NOT source.is_county
),

-- The county's own figure has in it what is closed in the municipalities.
together AS (
    SELECT
        members.area_code,
        carried.school_year_start,
        carried.grade,
        carried.pupils,
        carried.constructed
    FROM carried
    INNER JOIN mart.area_municipality AS members
        ON carried.municipality_code = members.municipality_code
    WHERE members.area_kind != 'county'
    UNION ALL
    SELECT
        area_code,
        school_year_start,
        grade,
        pupils,
        constructed
    FROM staging.lower_secondary_pupils_by_municipality
    WHERE is_county
),

final AS (
    SELECT
        together.area_code,
        area.area,
        area.area_kind,
        together.school_year_start,
        together.grade,
        round(sum(together.pupils))::BIGINT AS pupils,
        count(*) FILTER (WHERE together.pupils IS NULL) AS hidden_cells,
        bool_or(together.constructed) AS constructed
    FROM together
    INNER JOIN mart.area AS area
        ON together.area_code = area.area_code
    GROUP BY
        together.area_code,
        area.area,
        area.area_kind,
        together.school_year_start,
        together.grade
)

SELECT * FROM final
