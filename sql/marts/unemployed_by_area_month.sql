-- mart.unemployed_by_area_month
-- Grain: one row per area × month
-- Key: area_code, month
-- Unit: personer; prosent av arbeidsstyrken
-- Sources: staging.fully_unemployed_by_area_month, staging.fully_unemployed_by_county_month,
--   reference.municipality_carry, reference.series_break, mart.area, mart.area_municipality
-- Title: Helt ledige etter område og måned
-- Row: én rad per område og måned
-- Users: NAV, statistikkomiteen og planleggere: hvor mange som er helt ledige, og hvordan det
--   endrer seg
-- Column persons: antall helt ledige; i regioner summen av de kommunene som ikke er skjult, i
--   fylke og land kildens egen sum
-- Column percent_of_labour_force: helt ledige i prosent av arbeidsstyrken, bare for fylker og
--   landet; i Trøndelag før 2018 regnet av de to gamle fylkenes avrundede prosenter
-- Column hidden_cells: antall kommuner som kilden har skjult (færre enn fire helt ledige) og som
--   derfor ikke er med i summen
-- Column carried: ja når tallet er summen av de to gamle fylkene, 16 og 17
-- Column series_part: hvilken del av serien måneden hører til; tall i ulike deler er ikke laget
--   på samme måte og kan ikke uten videre sammenliknes
-- Column break_note: hva som er endret, i den første måneden av en ny del; tomt ellers
WITH municipal AS (
    SELECT
        members.area_code,
        source.month,
        round(sum(source.persons * coalesce(carry.weight, 1)))::BIGINT AS persons,
        NULL::DOUBLE AS percent_of_labour_force,
        count(*) FILTER (WHERE source.persons IS NULL) AS hidden_cells,
        FALSE AS carried,
        bool_or(source.constructed) AS constructed
    FROM staging.fully_unemployed_by_area_month AS source
    LEFT JOIN reference.municipality_carry AS carry
        ON
            source.area_code = carry.from_code
            AND year(source.month) = carry.year
    INNER JOIN mart.area_municipality AS members
        ON
            coalesce(carry.to_code, source.area_code) = members.municipality_code
            AND members.area_kind != 'county'
    GROUP BY members.area_code, source.month
),

-- Of two tables for the same county and month the monthly one, which also has the municipalities,
-- goes first; per cent are in the history alone.
counties AS (
    SELECT
        area_code,
        month,
        persons,
        constructed
    FROM staging.fully_unemployed_by_area_month
    WHERE length(area_code) <= 2
),

history AS (
    SELECT
        CASE WHEN county_code IN ('16', '17') THEN '50' ELSE county_code END AS area_code,
        month,
        sum(persons)::BIGINT AS persons,
        round(
            sum(persons)
            / sum(persons / nullif(percent_of_labour_force, 0)),
            1
        )::DOUBLE AS percent_of_labour_force,
        bool_or(county_code IN ('16', '17')) AS carried,
        bool_or(constructed) AS constructed
    FROM staging.fully_unemployed_by_county_month
    WHERE county_code IS NOT NULL
    GROUP BY ALL
),

together AS (
    SELECT * FROM municipal
    UNION ALL
    SELECT
        coalesce(counties.area_code, history.area_code) AS area_code,
        coalesce(counties.month, history.month) AS month,
        coalesce(counties.persons, history.persons) AS persons,
        history.percent_of_labour_force,
        (coalesce(counties.persons, history.persons) IS NULL)::BIGINT AS hidden_cells,
        coalesce(history.carried, FALSE) AS carried,
        coalesce(counties.constructed, history.constructed) AS constructed
    FROM counties
    FULL OUTER JOIN history
        ON
            counties.area_code = history.area_code
            AND counties.month = history.month
),

breaks AS (
    SELECT
        starts_on::DATE AS starts_on,
        note,
        row_number() OVER (ORDER BY starts_on) + 1 AS series_part
    FROM reference.series_break
    WHERE series = 'nav-helt-ledige'
),

parts AS (
    SELECT
        together.*,
        coalesce(breaks.series_part, 1)::SMALLINT AS series_part,
        breaks.note
    FROM together
    ASOF LEFT JOIN breaks
        ON together.month >= breaks.starts_on
),

final AS (
    SELECT
        parts.area_code,
        area.area,
        area.area_kind,
        parts.month,
        parts.persons,
        parts.percent_of_labour_force,
        parts.hidden_cells,
        parts.carried,
        parts.series_part,
        CASE
            WHEN
                parts.series_part > lag(parts.series_part) OVER (
                    PARTITION BY parts.area_code ORDER BY parts.month
                )
                THEN parts.note
        END AS break_note,
        parts.constructed
    FROM parts
    INNER JOIN mart.area AS area
        ON parts.area_code = area.area_code
)

SELECT * FROM final
