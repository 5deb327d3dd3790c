-- staging.programme_entry_requirement
-- Grain: one row per county (0: the country) × programme area × programme area that it opens
-- Key: county_code, programme_area_code, gives_access_to_code
-- Unit: codes
-- Sources: raw.vigo_entry_requirements
WITH source AS (
    SELECT * FROM raw.vigo_entry_requirements
),

renamed AS (
    SELECT
        -- VIGO's number of the whole country is 99; a county below ten has one digit there.
        CASE WHEN trim("countyNr") = '99' THEN '0' ELSE lpad(trim("countyNr"), 2, '0') END
            AS county_code,
        trim("programAreaCode") AS programme_area_code,
        trim("providesCompetenceCode") AS gives_access_to_code,
        konstruert
    FROM source
),

-- Rows that lack a code, and those that lead to themselves, open nothing.
final AS (
    SELECT
        county_code,
        programme_area_code,
        gives_access_to_code,
        bool_or(konstruert) AS constructed
    FROM renamed
    WHERE programme_area_code != gives_access_to_code AND county_code IS NOT NULL
    GROUP BY county_code, programme_area_code, gives_access_to_code
)

SELECT * FROM final
