-- staging.enterprise_survey_by_occupation_group
-- Grain: one row per occupation group × year, the county
-- Key: occupation_group, year
-- Unit: estimated number of missing workers; unemployed and on measures, persons
-- Sources: raw.nav_survey_occupation
WITH source AS (
    SELECT * FROM raw.nav_survey_occupation
),

renamed AS (
    SELECT
        occupation_group,
        year::SMALLINT AS year,
        shortage::BIGINT AS shortage_persons,
        unemployed::BIGINT AS unemployed_persons,
        coalesce(constructed = 'ja', FALSE) AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
