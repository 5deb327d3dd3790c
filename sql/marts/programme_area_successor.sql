-- mart.programme_area_successor
-- Grain: one row per programme area × programme area that replaces it, whoever tells it
-- Key: programme_area_code, successor_code
-- Unit: andel 0–1
-- Sources: staging.programme_area, staging.programme_code_replaced_by,
-- reference.crosswalk_programme_code
-- Title: Hvilket programområde som erstatter hvilket
-- Row: én rad per programområde og programområde som erstatter det
-- Users: den som følger et programområde over år; kontroll av kodeverkene mot hverandre
-- Column successor_code: programområdet som erstatter det
-- Column successor: navnet på programområdet som erstatter det
-- Column replaced_on: dagen det gamle gikk ut
-- Column weight: hvor stor del av elevene på det gamle programområdet som regnes til det nye, 0 til
--   1; tomt der overgangstabellen ikke har det
-- Column in_grep: ja der Grep sier det
-- Column in_vigo: ja der VIGO sier det
-- Column in_crosswalk: ja der løsningens egen overgangstabell sier det
WITH source AS (
    SELECT * FROM staging.programme_area
),

-- Grep tells it from both ends, and one end may be missing.
grep AS (
    SELECT
        programme_area_code,
        unnest(replaced_by) AS successor_code,
        constructed
    FROM source
    UNION ALL
    SELECT
        unnest(replaces) AS programme_area_code,
        programme_area_code AS successor_code,
        constructed
    FROM source
),

crosswalk AS (
    SELECT
        old_code AS programme_area_code,
        new_code AS successor_code,
        max(try_cast(weight AS DOUBLE)) AS weight
    FROM reference.crosswalk_programme_code
    WHERE level = 'programme_area' AND relation != 'kept' AND new_code != 'UKJENT'
    GROUP BY old_code, new_code
),

told AS (
    SELECT
        programme_area_code,
        successor_code,
        'grep' AS teller,
        constructed
    FROM grep
    UNION ALL
    SELECT
        old_code,
        new_code,
        'vigo' AS teller,
        constructed
    FROM staging.programme_code_replaced_by
    UNION ALL
    SELECT
        programme_area_code,
        successor_code,
        'crosswalk' AS teller,
        FALSE AS constructed
    FROM crosswalk
),

grouped AS (
    SELECT
        programme_area_code,
        successor_code,
        bool_or(teller = 'grep') AS in_grep,
        bool_or(teller = 'vigo') AS in_vigo,
        bool_or(teller = 'crosswalk') AS in_crosswalk,
        bool_or(constructed) AS constructed
    FROM told
    WHERE programme_area_code != successor_code
    GROUP BY programme_area_code, successor_code
),

final AS (
    SELECT
        grouped.programme_area_code,
        grouped.successor_code,
        old.name AS programme_area,
        new.name AS successor,
        old.valid_to AS replaced_on,
        crosswalk.weight,
        grouped.in_grep,
        grouped.in_vigo,
        grouped.in_crosswalk,
        grouped.constructed
    FROM grouped
    LEFT JOIN source AS old
        ON grouped.programme_area_code = old.programme_area_code
    LEFT JOIN source AS new
        ON grouped.successor_code = new.programme_area_code
    LEFT JOIN crosswalk
        ON
            grouped.programme_area_code = crosswalk.programme_area_code
            AND grouped.successor_code = crosswalk.successor_code
)

SELECT * FROM final
