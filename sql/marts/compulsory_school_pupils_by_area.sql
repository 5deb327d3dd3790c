-- mart.compulsory_school_pupils_by_area
-- Grain: one row per area × school year
-- Key: area_code, school_year_start
-- Unit: elever; skoler
-- Sources: staging.compulsory_school_pupils_by_municipality, reference.municipality_carry,
--   mart.area,
--   mart.area_municipality
-- Title: Grunnskoleelever etter område
-- Row: én rad per område og skoleår
-- Users: planleggere og statistikkomiteen: hvor mange elever grunnskolene i området har, og hvor
--   mange som trenger mer støtte
-- Column pupils: elever i grunnskolen 1. oktober; summen av de kommunene som ikke er skjult, for
--   fylket kildens eget tall
-- Column pupils_with_adapted_teaching: elever med vedtak om individuelt tilrettelagt opplæring;
--   regnet som elevtallet
-- Column pupils_with_reinforced_norwegian: elever med særskilt norskopplæring; regnet som
--   elevtallet
-- Column schools: antall grunnskoler
WITH carried AS (
    SELECT
        coalesce(carry.to_code, source.area_code) AS municipality_code,
        source.school_year_start,
        source.measure,
        source.number * coalesce(carry.weight, 1) AS number,
        source.constructed
    FROM staging.compulsory_school_pupils_by_municipality AS source
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
        carried.measure,
        carried.number,
        carried.constructed
    FROM carried
    INNER JOIN mart.area_municipality AS members
        ON carried.municipality_code = members.municipality_code
    WHERE members.area_kind != 'county'
    UNION ALL
    SELECT
        area_code,
        school_year_start,
        measure,
        number,
        constructed
    FROM staging.compulsory_school_pupils_by_municipality
    WHERE is_county
),

final AS (
    SELECT
        together.area_code,
        area.area,
        area.area_kind,
        together.school_year_start,
        round(sum(together.number) FILTER (WHERE together.measure = 'pupils'))::BIGINT AS pupils,
        round(
            sum(together.number) FILTER (WHERE together.measure = 'pupils_with_adapted_teaching')
        )::BIGINT AS pupils_with_adapted_teaching,
        round(
            sum(together.number)
            FILTER (WHERE together.measure = 'pupils_with_reinforced_norwegian')
        )::BIGINT AS pupils_with_reinforced_norwegian,
        round(sum(together.number) FILTER (WHERE together.measure = 'schools'))::BIGINT AS schools,
        count(*) FILTER (WHERE together.number IS NULL) AS hidden_cells,
        bool_or(together.constructed) AS constructed
    FROM together
    INNER JOIN mart.area AS area
        ON together.area_code = area.area_code
    GROUP BY together.area_code, area.area, area.area_kind, together.school_year_start
)

SELECT * FROM final
