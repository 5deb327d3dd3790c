-- mart.crosswalk_coverage
-- Grain: one row per crosswalk × measure × period
-- Key: crosswalk, measure, period
-- Unit: det kolonnen measure sier; andel 0–1
-- Sources: mart.crosswalk_amount_industry, mart.crosswalk_amount_education,
-- mart.crosswalk_amount_occupation, mart.crosswalk_amount_region
-- Title: Hvor mye overgangstabellene dekker
-- Row: én rad per overgang, mål og periode
-- Users: de som vedlikeholder overgangstabellene, og alle som leser tall som går gjennom dem:
--   hvor stor del som er med
-- Column measure: hva som er talt: places (plasser), pupils (elever), contracts (kontrakter),
--   certificates (fag- og svennebrev), employment (sysselsatte), vacancies (ledige stillinger)
--   eller job_seekers (arbeidssøkere)
-- Column total: alt som er talt, enten det er koblet eller ikke
-- Column share: den koblede delen delt på alt som er talt, 0 til 1
-- Column unmapped_codes: antall koder som ikke er koblet fullt ut
-- Column unmapped: de samme kodene med navn og hvor mye som ikke er koblet, de største først
WITH amounts AS (
    SELECT * FROM mart.crosswalk_amount_industry
    UNION ALL
    SELECT * FROM mart.crosswalk_amount_education
    UNION ALL
    SELECT * FROM mart.crosswalk_amount_occupation
    UNION ALL
    SELECT * FROM mart.crosswalk_amount_region
),

final AS (
    SELECT
        crosswalk,
        measure,
        period,
        round(sum(amount), 3) AS total,
        round(sum(mapped), 3) AS mapped,
        round(sum(mapped) / sum(amount), 6) AS share,
        count(*) FILTER (WHERE mapped < amount - 1e-6) AS unmapped_codes,
        -- Each by its name, the largest first; all their rows stand in mart.crosswalk_amount_*.
        string_agg(
            code || ' ' || name || ': ' || round(amount - mapped)::BIGINT, '; '
            ORDER BY amount - mapped DESC, code
        ) FILTER (WHERE mapped < amount - 1e-6) AS unmapped,
        bool_or(constructed) AS constructed
    FROM amounts
    GROUP BY crosswalk, measure, period
)

SELECT * FROM final
