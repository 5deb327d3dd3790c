-- mart.employed_by_occupation
-- Grain: one row per occupation (STYRK-08, 4 digits) × age group × year (4th quarter), the country
-- Key: occupation_code, age_group, year
-- Unit: sysselsatte
-- Sources: staging.employed_by_occupation, staging.occupation, mart.area
-- Title: Sysselsatte i landet etter yrke og alder
-- Row: én rad per yrke (fire sifre), aldersgruppe og år (4. kvartal), hele landet
-- Users: planleggere og modellene: den landsomfattende aldersprofilen som fylkets tall holdes mot
-- Column age_group: aldersgruppe i år; 15-74 er alle og skal ikke summeres med de andre
-- Column men: antall sysselsatte menn
-- Column women: antall sysselsatte kvinner
-- Column employed: antall sysselsatte, begge kjønn
WITH by_age AS (
    SELECT
        occupation_code,
        CASE WHEN grouping(age_group) = 1 THEN '15-74' ELSE age_group END AS age_group,
        year,
        sum(persons) FILTER (WHERE sex_code = '1')::BIGINT AS men,
        sum(persons) FILTER (WHERE sex_code = '2')::BIGINT AS women,
        sum(persons)::BIGINT AS employed,
        count(*) FILTER (WHERE persons IS NULL) AS hidden_cells,
        bool_or(constructed) AS constructed
    FROM staging.employed_by_occupation
    WHERE sex_code IN ('1', '2')
    GROUP BY GROUPING SETS ((occupation_code, year, age_group), (occupation_code, year))
),

final AS (
    SELECT
        area.area_code,
        area.area,
        area.area_kind,
        by_age.occupation_code,
        occupation.occupation,
        by_age.age_group,
        by_age.year,
        by_age.men,
        by_age.women,
        by_age.employed,
        by_age.hidden_cells,
        by_age.constructed
    FROM by_age
    INNER JOIN mart.area AS area
        ON area.area_code = '0'
    LEFT JOIN staging.occupation AS occupation
        ON by_age.occupation_code = occupation.occupation_code
)

SELECT * FROM final
