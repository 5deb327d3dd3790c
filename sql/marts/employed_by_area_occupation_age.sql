-- mart.employed_by_area_occupation_age
-- Grain: one row per area of work × occupation (STYRK-08, 2 or 4 digits) × age group × year
-- Key: area_code, occupation_code, age_group, year
-- Unit: sysselsatte
-- Sources: staging.employed_by_municipality_occupation_age, staging.occupation,
--   reference.municipality_carry, mart.area, mart.area_municipality
-- Title: Sysselsatte etter område, yrke og alder
-- Row: én rad per område (arbeidssted), yrke, aldersgruppe og år (4. kvartal)
-- Users: planleggere og regionale kompetanseforum: alderen i yrkene i området, og hvor mange som
--   snart går ut av arbeidslivet
-- Column age_group: aldersgruppe i år; 15-74 er alle, 55-74 er summen av 55-59 og 60-74: de skal
--   ikke summeres med de andre
-- Column employed: antall sysselsatte i 4. kvartal, etter arbeidssted; summen av de kommunene som
--   ikke er skjult
WITH carried AS (
    SELECT
        coalesce(carry.to_code, source.municipality_code) AS municipality_code,
        source.occupation_code,
        source.age_group,
        source.year,
        source.employed * coalesce(carry.weight, 1) AS employed,
        source.constructed
    FROM staging.employed_by_municipality_occupation_age AS source
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
        carried.occupation_code,
        occupation.occupation,
        length(carried.occupation_code)::SMALLINT AS digits,
        carried.age_group,
        carried.year,
        round(sum(carried.employed))::BIGINT AS employed,
        count(*) FILTER (WHERE carried.employed IS NULL) AS hidden_cells,
        bool_or(carried.constructed) AS constructed
    FROM carried
    INNER JOIN mart.area_municipality AS members
        ON carried.municipality_code = members.municipality_code
    INNER JOIN mart.area AS area
        ON members.area_code = area.area_code
    LEFT JOIN staging.occupation AS occupation
        ON carried.occupation_code = occupation.occupation_code
    GROUP BY
        members.area_code,
        area.area,
        area.area_kind,
        carried.occupation_code,
        occupation.occupation,
        carried.age_group,
        carried.year
)

SELECT * FROM final
