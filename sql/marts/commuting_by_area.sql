-- mart.commuting_by_area
-- Grain: one row per area × year (4th quarter)
-- Key: area_code, year
-- Unit: sysselsatte; andel 0–1
-- Sources: staging.commuting_by_municipality, reference.municipality_carry, mart.area,
--   mart.area_municipality
-- Title: Pendling etter område
-- Row: én rad per område og år (4. kvartal)
-- Users: planleggere og regionale kompetanseforum: om området er ett arbeidsmarked, og om folk
--   bor der de arbeider
-- Column employed_residents: antall sysselsatte som bor i området og arbeider i fylket; arbeid
--   utenfor fylket er ikke med
-- Column employed_at_work: antall sysselsatte som arbeider i området og bor i fylket
-- Column live_and_work: antall sysselsatte som både bor og arbeider i området
-- Column out_commuters: antall som bor i området og arbeider et annet sted i fylket; tom for
--   fylket, siden arbeid utenfor det ikke er med
-- Column in_commuters: antall som arbeider i området og bor et annet sted i fylket; tom for fylket
-- Column net_commuters: innpendlere minus utpendlere
-- Column out_commuter_share: utpendlere delt på sysselsatte som bor i området, 0 til 1
-- Column hidden_cells: antall skjulte par av bosteds- og arbeidsstedskommune der området er den
--   ene; de er ikke med i summene
WITH carried AS (
    SELECT
        coalesce(home.to_code, source.home_municipality_code) AS home_code,
        coalesce(work.to_code, source.work_municipality_code) AS work_code,
        source.year,
        source.persons * coalesce(home.weight, 1) * coalesce(work.weight, 1) AS persons,
        source.constructed
    FROM staging.commuting_by_municipality AS source
    LEFT JOIN reference.municipality_carry AS home
        ON
            source.home_municipality_code = home.from_code
            AND source.year = home.year
    LEFT JOIN reference.municipality_carry AS work
        ON
            source.work_municipality_code = work.from_code
            AND source.year = work.year
),

areas AS (
    SELECT DISTINCT area_code
    FROM mart.area_municipality
),

-- A pair of municipalities touches an area through the home, the work, or both.
touching AS (
    SELECT
        areas.area_code,
        home.area_code IS NOT NULL AS lives_here,
        work.area_code IS NOT NULL AS works_here,
        carried.year,
        carried.persons,
        carried.constructed
    FROM carried
    CROSS JOIN areas
    LEFT JOIN mart.area_municipality AS home
        ON
            carried.home_code = home.municipality_code
            AND areas.area_code = home.area_code
    LEFT JOIN mart.area_municipality AS work
        ON
            carried.work_code = work.municipality_code
            AND areas.area_code = work.area_code
    WHERE home.area_code IS NOT NULL OR work.area_code IS NOT NULL
),

summed AS (
    SELECT
        area_code,
        year,
        round(sum(persons) FILTER (WHERE lives_here))::BIGINT AS employed_residents,
        round(sum(persons) FILTER (WHERE works_here))::BIGINT AS employed_at_work,
        round(coalesce(sum(persons) FILTER (WHERE lives_here AND works_here), 0))::BIGINT
            AS live_and_work,
        round(coalesce(sum(persons) FILTER (WHERE lives_here AND NOT works_here), 0))::BIGINT
            AS out_commuters,
        round(coalesce(sum(persons) FILTER (WHERE works_here AND NOT lives_here), 0))::BIGINT
            AS in_commuters,
        count(*) FILTER (WHERE persons IS NULL) AS hidden_cells,
        bool_or(constructed) AS constructed
    FROM touching
    GROUP BY area_code, year
),

final AS (
    SELECT
        summed.area_code,
        area.area,
        area.area_kind,
        summed.year,
        summed.employed_residents,
        summed.employed_at_work,
        summed.live_and_work,
        -- The file holds work inside the county alone: who leaves the county is not in it.
        CASE WHEN area.area_kind != 'county' THEN summed.out_commuters END AS out_commuters,
        CASE WHEN area.area_kind != 'county' THEN summed.in_commuters END AS in_commuters,
        CASE
            WHEN area.area_kind != 'county' THEN summed.in_commuters - summed.out_commuters
        END AS net_commuters,
        CASE
            WHEN area.area_kind != 'county'
                THEN summed.out_commuters / nullif(summed.employed_residents, 0)::DOUBLE
        END AS out_commuter_share,
        summed.hidden_cells,
        summed.constructed
    FROM summed
    INNER JOIN mart.area AS area
        ON summed.area_code = area.area_code
)

SELECT * FROM final
