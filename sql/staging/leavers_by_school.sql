-- staging.leavers_by_school
-- Grain: one row per unit (country, county or school) × school year with a figure or a mark
-- Key: level, county_code, organisation_number, school_year_start
-- Unit: per cent of pupils who leave during the school year; * where suppressed
-- Sources: raw.udir_leavers
WITH source AS (
    UNPIVOT raw.udir_leavers
    ON COLUMNS('^[0-9]{4}-[0-9]{2}[.].*Andel sluttet$')
    INTO NAME heading VALUE said
),

renamed AS (
    SELECT
        CASE "EnhetNivaa"
            WHEN '1' THEN 'country' WHEN '2' THEN 'county' WHEN '3' THEN 'school'
        END AS level,
        CASE "EnhetNivaa" WHEN '1' THEN '0' ELSE trim("Fylkekode") END AS county_code,
        CASE WHEN "EnhetNivaa" = '3' THEN "Organisasjonsnummer" ELSE '' END AS organisation_number,
        "EnhetNavn" AS unit,
        left(heading, 4)::SMALLINT AS school_year_start,
        -- A cell may hold a text on why there is no figure.
        try_cast(replace(said, ',', '.') AS DECIMAL(4, 1)) AS percent,
        CASE WHEN try_cast(replace(said, ',', '.') AS DECIMAL(4, 1)) IS NULL THEN said END AS mark,
        FALSE AS constructed
    FROM source
),

final AS (
    SELECT * FROM renamed
)

SELECT * FROM final
