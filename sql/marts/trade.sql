-- mart.trade
-- Grain: one row per trade (lærefag) that has or has had its own code
-- Key: trade_code
-- Unit: koder og navn, ingen tall
-- Sources: reference.crosswalk_trade_programme_area, reference.modular_trade, mart.programme
-- Title: Lærefag
-- Row: én rad per lærefag
-- Users: alle tabeller etter lærefag, for navn; planleggere som leter etter en fagkode
-- Column is_modular: ja der faget har læreplan i moduler for voksne (fra 1. august 2024)
WITH trades AS (
    SELECT
        trade_code,
        any_value(name) AS trade
    FROM reference.crosswalk_trade_programme_area
    GROUP BY trade_code
),

final AS (
    SELECT
        trades.trade_code,
        trades.trade,
        left(trades.trade_code, 2) AS programme_code,
        programme.programme,
        modular.trade_code IS NOT NULL AS is_modular,
        FALSE AS constructed
    FROM trades
    LEFT JOIN mart.programme AS programme
        ON left(trades.trade_code, 2) = programme.programme_code
    LEFT JOIN reference.modular_trade AS modular
        ON trades.trade_code = modular.trade_code
)

SELECT * FROM final
