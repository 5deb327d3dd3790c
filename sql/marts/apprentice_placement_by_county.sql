-- mart.apprentice_placement_by_county
-- Grain: one row per county (0: the country) × year × month of the count
-- Key: county_code, year, month
-- Unit: prosent av søkerne
-- Sources: staging.apprentice_placement_by_county, reference.placement_notes, mart.area
-- Title: Formidling til læreplass etter fylke
-- Row: én rad per fylke (0 er landet), år og måned det er talt
-- Users: framskrivingen av læreplasser; yrkesopplæringsnemnda og statistikkomiteen: hvor stor del
--   som får læreplass
-- Column month: måneden det er talt i: 8 (august), 10 (oktober) eller 12 (desember)
-- Column percent: søkere til læreplass som har godkjent kontrakt, i prosent av alle søkere til
--   læreplass
-- Column note: det en leser må vite om tallet, som et mulig brudd i serien; tomt ellers
WITH final AS (
    SELECT
        placement.county_code,
        placement.year,
        placement.month,
        placement.percent::DOUBLE AS percent,
        -- What a reader must know about a figure travels with it; the figure is not smoothed.
        notes.note,
        area.area AS county,
        placement.constructed
    FROM staging.apprentice_placement_by_county AS placement
    LEFT JOIN reference.placement_notes AS notes
        ON
            placement.county_code = notes.county_code
            AND placement.year = notes.year::SMALLINT
            AND placement.month = notes.month::SMALLINT
    LEFT JOIN mart.area AS area
        ON placement.county_code = area.area_code
)

SELECT * FROM final
