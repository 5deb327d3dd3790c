-- mart.apprentice_intention_by_area_trade
-- Grain: one row per round × area × trade
-- Key: round, area_code, trade_code
-- Unit: lærlinger; antall svar
-- Sources: journal.apprentice_intention, mart.area, mart.area_municipality, staging.programme_area
-- Title: Læreplasser som opplæringskontor og bedrifter sier de vil ha
-- Row: én rad per runde, område og lærefag
-- Users: fagopplæringen og planleggere, som holder søkere til læreplass mot det bedriftene vil ta
-- Column intended_intake: lærlinger avsenderne sier at de vil ta inn kommende høst; ikke et løfte
-- Column current_apprentices: lærlinger avsenderne har nå, summert over dem som har sagt det
-- Column senders: antall opplæringskontor og bedrifter som har svart
-- Column late_senders: hvor mange av dem som svarte etter fristen
WITH source AS (
    SELECT * FROM journal.apprentice_intention
    WHERE withdrawn = FALSE
),

rolled AS (
    SELECT
        source.round,
        membership.area_code,
        source.trade_code,
        sum(source.intended_intake)::BIGINT AS intended_intake,
        sum(source.current_apprentices)::BIGINT AS current_apprentices,
        count(DISTINCT source.submission)::BIGINT AS senders,
        (count(DISTINCT source.submission) FILTER (WHERE source.late))::BIGINT AS late_senders,
        bool_or(source.constructed) AS constructed
    FROM source
    INNER JOIN mart.area_municipality AS membership
        ON source.municipality_code = membership.municipality_code
    GROUP BY source.round, membership.area_code, source.trade_code
),

final AS (
    SELECT
        rolled.round,
        rolled.area_code,
        area.area,
        area.area_kind,
        rolled.trade_code,
        trade.name AS trade,
        rolled.intended_intake,
        rolled.current_apprentices,
        rolled.senders,
        rolled.late_senders,
        'Tilbudsplan: skjemaer og saker' AS source,
        rolled.constructed
    FROM rolled
    INNER JOIN mart.area AS area
        ON rolled.area_code = area.area_code
    LEFT JOIN staging.programme_area AS trade
        ON rolled.trade_code = trade.programme_area_code
)

SELECT * FROM final
