-- mart.apprentice_placement_by_trade
-- Grain: one row per day of the count × trade
-- Key: counted_on, trade_code
-- Unit: søkere; andel 0–1
-- Sources: staging.apprentice_placement_by_trade, mart.trade
-- Title: Søkere til læreplass og formidlede etter lærefag
-- Row: én rad per tellingsdag (1. oktober, 31. desember) og lærefag
-- Users: yrkesopplæringsnemnda, opplæringskontor og planleggere: hvilke fag som mangler læreplasser
-- Column applicants: søkere med faget som første ønske per 1. mars; tomt der tallet er skjult
-- Column with_contract: de av søkerne som har godkjent kontrakt på dagen; tomt der tallet er skjult
-- Column without_contract: de av søkerne som ikke har kontrakt på dagen; tomt der et av tallene er
--   skjult
WITH final AS (
    SELECT
        seeking.counted_on,
        trade.programme_code,
        trade.programme,
        seeking.trade_code,
        trade.trade,
        seeking.applicants,
        seeking.with_contract,
        seeking.applicants - seeking.with_contract AS without_contract,
        seeking.with_contract::DOUBLE / nullif(seeking.applicants, 0) AS placed_share,
        (seeking.applicants_mark IS NOT NULL)::BIGINT
        + (seeking.with_contract_mark IS NOT NULL)::BIGINT AS hidden_cells,
        seeking.constructed
    FROM staging.apprentice_placement_by_trade AS seeking
    LEFT JOIN mart.trade AS trade
        ON seeking.trade_code = trade.trade_code
)

SELECT * FROM final
