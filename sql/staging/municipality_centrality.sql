-- staging.municipality_centrality
-- Grain: one row per municipality × period in which its class of centrality stood
-- Key: municipality_code, valid_from
-- Unit: codes (correspondence KLASS 131 to 128)
-- Sources: raw.klass_centrality
WITH source AS (
    SELECT * FROM raw.klass_centrality
),

renamed AS (
    SELECT
        "sourceCode" AS municipality_code,
        "targetCode" AS centrality_code,
        "targetName" AS centrality,
        -- An answer without validity holds for the whole of the range that was asked for.
        coalesce("validFrom", DATE '2020-01-01') AS valid_from,
        -- Exclusive: the first day on which the class no longer holds; null while it does.
        "validTo" AS valid_to,
        coalesce(konstruert = 'true', FALSE) AS constructed
    FROM source
),

-- A municipality that only changed its name has one pair for each name, and one class: two classes
-- at one time are two rows of one key.
final AS (
    SELECT
        municipality_code,
        valid_from,
        CASE WHEN count(*) = count(valid_to) THEN max(valid_to) END AS valid_to,
        centrality_code,
        last(centrality) AS centrality,
        bool_or(constructed) AS constructed
    FROM renamed
    GROUP BY municipality_code, valid_from, centrality_code
)

SELECT * FROM final
