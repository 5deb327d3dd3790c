-- mart.need_outcome_by_area
-- Grain: one row per round × area × breakdown (all, form, sector, size of enterprise) × its code
-- Key: round, area_code, breakdown, breakdown_code
-- Unit: behov; personer; andel 0–1
-- Sources: mart.need, mart.need_state_change, mart.area, mart.area_municipality
-- Title: Fra meldt behov til deltakere
-- Row: én rad per runde, område og del: alle behov, hvert skjema, hver sektor eller hver
--   bedriftsstørrelse
-- Users: Kompetanseforum Trøndelag og politikere: om mobiliseringen gir resultater, etter region,
--   sektor, bedriftsstørrelse og sentralitet
-- Column breakdown: hva behovene er delt etter: «alle» (ikke delt), «skjema», «sektor» eller
--   «størrelse» på bedriften
-- Column breakdown_code: koden til delen; * for alle
-- Column part: navnet på delen, som sektoren eller antall ansatte; delene etter sektor og størrelse
--   har bare med behov som har sagt det
-- Column needs: antall behov; de som er trukket, er ikke med
-- Column persons: personer behovene gjelder, der avsenderen har sagt hvor mange
-- Column clarified: behov som er eller har vært avklart
-- Column coupled: behov som er eller har vært koblet til et tilbud
-- Column started: behov der tilbudet er satt i gang
-- Column rejected: behov som er avslått
-- Column participants: deltakere i tilbudene som er satt i gang
-- Column answered: behov avsenderen har fått svar på
-- Column coupled_share: andelen av behovene som er koblet, 0 til 1
-- Column started_share: andelen av behovene der tilbudet er satt i gang, 0 til 1
WITH reached AS (
    SELECT
        need_id,
        bool_or(state IN ('avklart', 'koblet', 'igangsatt')) AS clarified,
        bool_or(state IN ('koblet', 'igangsatt')) AS coupled,
        bool_or(state = 'igangsatt') AS started
    FROM mart.need_state_change
    GROUP BY need_id
),

counties AS (
    SELECT DISTINCT area_code
    FROM mart.area_municipality
    WHERE area_kind = 'county'
),

-- A need without a municipality counts in the region that told of it, and in the county.
placed AS (
    SELECT
        need.need_id,
        membership.area_code
    FROM mart.need AS need
    INNER JOIN mart.area_municipality AS membership
        ON need.municipality_code = membership.municipality_code
    UNION
    SELECT
        need.need_id,
        unnest([need.region_code, county.area_code]) AS area_code
    FROM mart.need AS need
    CROSS JOIN counties AS county
    WHERE need.municipality_code IS NULL
),

broken_down AS (
    SELECT
        need_id,
        'alle' AS breakdown,
        '*' AS breakdown_code,
        'Alle' AS part
    FROM mart.need
    UNION ALL
    SELECT
        need_id,
        'skjema' AS breakdown,
        source_kind AS breakdown_code,
        CASE source_kind
            WHEN 'forum' THEN 'Kompetanseforum'
            WHEN 'hoering' THEN 'Høring'
            WHEN 'skole' THEN 'Skole'
            WHEN 'ynemnd' THEN 'Yrkesopplæringsnemnda'
            WHEN 'bedrift' THEN 'Bedrift'
        END AS part
    FROM mart.need
    UNION ALL
    SELECT
        need_id,
        'sektor' AS breakdown,
        sector_code AS breakdown_code,
        sector AS part
    FROM mart.need
    UNION ALL
    SELECT
        need_id,
        'størrelse' AS breakdown,
        size_class AS breakdown_code,
        concat(size_class, ' ansatte') AS part
    FROM mart.need
),

counted AS (
    SELECT
        need.round,
        placed.area_code,
        broken_down.breakdown,
        broken_down.breakdown_code,
        any_value(broken_down.part) AS part,
        count(*)::BIGINT AS needs,
        sum(need.persons)::BIGINT AS persons,
        count(*) FILTER (WHERE reached.clarified)::BIGINT AS clarified,
        count(*) FILTER (WHERE reached.coupled)::BIGINT AS coupled,
        count(*) FILTER (WHERE reached.started)::BIGINT AS started,
        count(*) FILTER (WHERE need.state = 'avslått')::BIGINT AS rejected,
        sum(need.participants) FILTER (WHERE reached.started)::BIGINT AS participants,
        count(need.answer)::BIGINT AS answered,
        bool_or(need.constructed) AS constructed
    FROM mart.need AS need
    INNER JOIN reached
        ON need.need_id = reached.need_id
    INNER JOIN placed
        ON need.need_id = placed.need_id
    INNER JOIN broken_down
        ON need.need_id = broken_down.need_id
    WHERE need.withdrawn = FALSE AND broken_down.breakdown_code IS NOT NULL
    GROUP BY need.round, placed.area_code, broken_down.breakdown, broken_down.breakdown_code
),

final AS (
    SELECT
        counted.round,
        counted.area_code,
        area.area,
        area.area_kind,
        counted.breakdown,
        counted.breakdown_code,
        counted.part,
        counted.needs,
        counted.persons,
        counted.clarified,
        counted.coupled,
        counted.started,
        counted.rejected,
        counted.participants,
        counted.answered,
        counted.coupled::DOUBLE / counted.needs AS coupled_share,
        counted.started::DOUBLE / counted.needs AS started_share,
        'Tilbudsplan: skjemaer og saker' AS source,
        counted.constructed
    FROM counted
    INNER JOIN mart.area AS area
        ON counted.area_code = area.area_code
)

SELECT * FROM final
