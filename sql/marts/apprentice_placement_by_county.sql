-- mart.apprentice_placement_by_county
-- Grain: one row per county (0: the country) × year × month of the count
-- Key: county_code, year, month
-- Unit: per cent of applicants with an apprenticeship
-- Sources: staging.apprentice_placement_by_county, reference.placement_notes
WITH final AS (
    SELECT
        placement.county_code,
        placement.year,
        placement.month,
        placement.percent::DOUBLE AS percent,
        -- What a reader must know about a figure travels with it; the figure is not smoothed.
        notes.note,
        placement.constructed
    FROM staging.apprentice_placement_by_county AS placement
    LEFT JOIN reference.placement_notes AS notes
        ON
            placement.county_code = notes.county_code
            AND placement.year = notes.year::SMALLINT
            AND placement.month = notes.month::SMALLINT
)

SELECT * FROM final
