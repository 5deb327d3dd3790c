-- mart.settlement_by_area_year
-- Grain: one row per area × year
-- Key: area_code, year
-- Unit: personer; andel 0–1
-- Sources: staging.settlement_by_municipality_year, reference.municipality_carry, mart.area,
--   mart.area_municipality
-- Title: Bosetting av flyktninger etter område
-- Row: én rad per område og år
-- Users: planleggere av voksenopplæring og NAV: hvor mange som bosettes og snart trenger opplæring
-- Column requested: antall personer kommunene ble anmodet om å bosette; summen av det som ikke er
--   skjult
-- Column agreed: antall personer kommunene vedtok å bosette; summen av det som ikke er skjult
-- Column settled: antall bosatte personer; summen av det som ikke er skjult
-- Column settled_collective: antall bosatte med kollektiv beskyttelse, blant de bosatte; summen
--   av det som ikke er skjult
-- Column agreed_share: vedtatt antall delt på antallet kommunene ble anmodet om, regnet i de
--   kommunene der begge tall er åpne; kan være over 1
WITH carried AS (
    SELECT
        coalesce(carry.to_code, source.municipality_code) AS municipality_code,
        source.year,
        source.requested * coalesce(carry.weight, 1) AS requested,
        source.agreed * coalesce(carry.weight, 1) AS agreed,
        source.settled * coalesce(carry.weight, 1) AS settled,
        source.settled_collective * coalesce(carry.weight, 1) AS settled_collective,
        (source.requested IS NULL)::INTEGER
        + (source.agreed IS NULL)::INTEGER
        + (source.settled IS NULL)::INTEGER
        + (source.settled_collective IS NULL)::INTEGER AS hidden_cells,
        source.constructed
    FROM staging.settlement_by_municipality_year AS source
    LEFT JOIN reference.municipality_carry AS carry
        ON
            source.municipality_code = carry.from_code
            AND source.year = carry.year
),

final AS (
    SELECT
        members.area_code,
        area.area,
        area.area_kind,
        carried.year,
        round(sum(carried.requested))::BIGINT AS requested,
        round(sum(carried.agreed))::BIGINT AS agreed,
        round(sum(carried.settled))::BIGINT AS settled,
        round(sum(carried.settled_collective))::BIGINT AS settled_collective,
        sum(carried.agreed) FILTER (WHERE carried.requested IS NOT NULL)
        / nullif(
            sum(carried.requested) FILTER (WHERE carried.agreed IS NOT NULL), 0
        )::DOUBLE AS agreed_share,
        sum(carried.hidden_cells)::BIGINT AS hidden_cells,
        bool_or(carried.constructed) AS constructed
    FROM carried
    INNER JOIN mart.area_municipality AS members
        ON carried.municipality_code = members.municipality_code
    INNER JOIN mart.area AS area
        ON members.area_code = area.area_code
    GROUP BY members.area_code, area.area, area.area_kind, carried.year
)

SELECT * FROM final
