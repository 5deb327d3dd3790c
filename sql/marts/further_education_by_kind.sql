-- mart.further_education_by_kind
-- Grain: one row per kind of training × year, the country
-- Key: training_code, year
-- Unit: prosent av de sysselsatte 22–66 år; endring i prosentpoeng
-- Sources: staging.further_education_by_kind, mart.area
-- Title: Deltakelse i videreutdanning og opplæring
-- Row: én rad per slags opplæring og år, hele landet
-- Users: statistikkomiteen og planleggere: hvor mange som lærer mens de er i arbeid; tallene
--   finnes ikke for fylker
-- Column training_code: slags opplæring, som kode
-- Column training: navnet på slaget opplæring
-- Column percent: deltakere i prosent av de sysselsatte 22–66 år
-- Column percent_change: endring fra året før, prosentpoeng
WITH source AS (
    SELECT * FROM staging.further_education_by_kind
    WHERE contents_code = 'Prosent'
),

final AS (
    SELECT
        area.area_code,
        area.area,
        area.area_kind,
        source.training_code,
        source.training,
        source.year,
        source.percent::DOUBLE AS percent,
        round(
            source.percent - lag(source.percent) OVER (
                PARTITION BY source.training_code ORDER BY source.year
            ), 1
        )::DOUBLE AS percent_change,
        source.constructed
    FROM source
    INNER JOIN mart.area AS area
        ON area.area_code = '0'
)

SELECT * FROM final
