-- mart.occupation_programme_area
-- Grain: one row per occupation (STYRK-08, four digits) × programme area or place outside them
-- Key: occupation_code, target_code
-- Unit: andel 0–1
-- Sources: staging.employed_by_education_occupation, staging.occupation,
-- reference.crosswalk_occupation_programme_area, reference.crosswalk_nus_programme_area,
-- reference.crosswalk_rule, reference.programme_area, reference.code_name
-- Title: Fra yrke til programområde
-- Row: én rad per yrke (fire sifre) og programområde, eller sted utenfor dem, som folk i yrket
--   kommer fra
-- Users: modellen for behov, og planleggere: hvilke tilbud et yrke rekrutterer fra
-- Column target_kind: programme_area (programområde) eller outside (utenfor videregående opplæring)
-- Column target_code: programområdekode, eller UH, FS, INGEN eller UKJENT for det som ligger
--   utenfor videregående opplæring
-- Column target: navnet på programområdet, eller på det som ligger utenfor: universitet og
--   høgskole, fagskole, ingen bestemt utdanning eller ikke koblet
-- Column weight: andelen av folk i yrket som kommer denne veien, 0 til 1; summerer til 1 per yrke
-- Column basis: ordered (bestilt fil fra Statistisk sentralbyrå) eller expert (faglig skjønn)
-- Column confidence: hvor sikker andelen er: registered (registrert), published (publisert),
--   derived (regnet ut), skjønn eller unconfirmed (ikke bekreftet)
-- Column firm: ja når vurderingen av et tilbud (mangel, balanse eller overskudd) kan bygge på
--   raden; der den ikke kan det, blir vurderingen uavklart
WITH expert AS (
    SELECT
        occupation_code,
        target_kind,
        target_code,
        weight::DOUBLE AS weight,
        confidence,
        CASE WHEN target_kind = 'outside' THEN target_code ELSE left(target_code, 2) END AS family
    FROM reference.crosswalk_occupation_programme_area
    WHERE valid_to IS NULL
),

nus AS (
    SELECT
        education_code,
        target_kind,
        target_code,
        weight::DOUBLE AS weight,
        confidence
    FROM reference.crosswalk_nus_programme_area
    WHERE valid_to IS NULL
),

-- The newest delivery, the county's own people; the country's row is another population.
ordered AS (
    SELECT
        education_code,
        occupation_code,
        sum(employed) AS employed,
        bool_or(constructed) AS constructed
    FROM staging.employed_by_education_occupation
    WHERE
        county_code != '0'
        AND employed > 0
        AND year = (
            SELECT max(newest.year) FROM staging.employed_by_education_occupation AS newest
        )
    GROUP BY education_code, occupation_code
),

-- The longest education code that fits; what fits none is a named row.
matched AS (
    SELECT
        ordered.occupation_code,
        ordered.education_code,
        ordered.employed,
        ordered.constructed,
        coalesce(nus.target_kind, 'outside') AS target_kind,
        coalesce(nus.target_code, 'UKJENT') AS target_code,
        coalesce(nus.weight, 1) AS weight,
        coalesce(nus.confidence, 'unconfirmed') AS confidence
    FROM ordered
    LEFT JOIN nus
        ON starts_with(ordered.education_code, nus.education_code)
    QUALIFY
        length(coalesce(nus.education_code, '')) = max(length(coalesce(nus.education_code, '')))
            OVER (PARTITION BY ordered.occupation_code, ordered.education_code)
),

spread AS (
    SELECT
        occupation_code,
        target_kind,
        target_code,
        CASE WHEN target_kind = 'outside' THEN target_code ELSE left(target_code, 2) END AS family,
        sum(employed * weight) AS persons,
        bool_or(confidence = 'skjønn') AS judged,
        bool_or(confidence = 'unconfirmed') AS unconfirmed,
        bool_or(constructed) AS constructed
    FROM matched
    GROUP BY occupation_code, target_kind, target_code
),

families AS (
    SELECT
        occupation_code,
        family,
        sum(persons) AS persons,
        bool_or(judged) AS judged,
        bool_or(unconfirmed) AS unconfirmed,
        bool_or(constructed) AS constructed
    FROM spread
    GROUP BY occupation_code, family
),

totals AS (
    SELECT
        occupation_code,
        sum(persons) AS persons
    FROM families
    GROUP BY occupation_code
    HAVING sum(persons) >= (
        SELECT rule.value::DOUBLE FROM reference.crosswalk_rule AS rule
        WHERE rule.rule = 'thin_cell'
    )
),

-- Where the education code tells the programme and no more, the expert table splits within it.
expert_split AS (
    SELECT
        families.occupation_code,
        expert.target_kind,
        expert.target_code,
        families.persons * expert.weight / sum(expert.weight) OVER (
            PARTITION BY families.occupation_code, families.family
        ) AS persons,
        families.family,
        families.unconfirmed,
        families.constructed
    FROM families
    INNER JOIN expert
        ON
            families.occupation_code = expert.occupation_code
            AND families.family = expert.family
    WHERE families.judged
),

delivered AS (
    SELECT
        occupation_code,
        target_kind,
        target_code,
        persons,
        TRUE AS judged,
        unconfirmed,
        constructed
    FROM expert_split
    UNION ALL
    SELECT
        spread.occupation_code,
        spread.target_kind,
        spread.target_code,
        spread.persons,
        spread.judged,
        spread.unconfirmed,
        spread.constructed
    FROM spread
    ANTI JOIN expert_split
        ON
            spread.occupation_code = expert_split.occupation_code
            AND spread.family = expert_split.family
),

chosen AS (
    SELECT
        delivered.occupation_code,
        delivered.target_kind,
        delivered.target_code,
        delivered.persons / totals.persons AS weight,
        'ordered' AS basis,
        CASE
            WHEN delivered.judged THEN 'skjønn'
            WHEN delivered.unconfirmed THEN 'unconfirmed'
            ELSE 'published'
        END AS confidence,
        delivered.constructed
    FROM delivered
    INNER JOIN totals
        ON delivered.occupation_code = totals.occupation_code
    UNION ALL
    SELECT
        expert.occupation_code,
        expert.target_kind,
        expert.target_code,
        expert.weight,
        'expert' AS basis,
        expert.confidence,
        FALSE AS constructed
    FROM expert
    ANTI JOIN totals
        ON expert.occupation_code = totals.occupation_code
),

final AS (
    SELECT
        chosen.occupation_code,
        occupation.occupation,
        chosen.target_kind,
        chosen.target_code,
        coalesce(area.name, outside.name) AS target,
        round(chosen.weight, 6) AS weight,
        chosen.basis,
        chosen.confidence,
        -- Whether a class other than uavklart may rest on the row; see tasks/forecast/firmness.py.
        chosen.confidence IN ('registered', 'published', 'derived') AS firm,
        chosen.constructed
    FROM chosen
    LEFT JOIN staging.occupation AS occupation
        ON chosen.occupation_code = occupation.occupation_code
    LEFT JOIN reference.programme_area AS area
        ON chosen.target_code = area.code
    LEFT JOIN reference.code_name AS outside
        ON
            outside.list = 'outside'
            AND chosen.target_kind = 'outside'
            AND chosen.target_code = outside.code
)

SELECT * FROM final
