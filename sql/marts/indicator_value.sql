-- mart.indicator_value
-- Grain: one row per indicator × area × year
-- Key: indicator_code, area_code, year
-- Unit: prosent; endring i prosentpoeng; personer
-- Sources: mart.indicator, mart.area, mart.area_municipality, reference.county_name,
--   reference.indicator_rule, reference.night, staging.regional_indicator_by_area,
--   staging.neet_by_county_age, staging.neet_by_region_age, staging.further_education_by_kind,
--   journal.indicator_released, journal.indicator_correction, journal.indicator_comment
-- Title: Regionale kompetanseindikatorer: verdier
-- Row: én rad per indikator, område og år
-- Users: statistikkomiteen, som kommenterer og frigir tallene; kompetanseforumene og politikere,
--   som leser dem
-- Column theme: temaet indikatoren hører til
-- Column value: indikatorens verdi i prosent, slik kildene sier den nå
-- Column change: endring fra året før, i prosentpoeng; tom der året før mangler
-- Column numerator: antall personer indikatoren teller, som de utenfor arbeid; tomt der kilden bare
--   gir andelen
-- Column denominator: antall personer andelen regnes av; tomt der kilden bare gir andelen
-- Column hidden_cells: antall kommuner der kilden har skjult tallet; de er verken med i teller
--   eller nevner
-- Column rank: fylkets plass blant dagens fylker det året, 1 er best; tom for andre områder og der
--   bare ett fylke har tall
-- Column counties: antall fylker i rangeringen
-- Column provisional: ja der tallet er foreløpig hos kilden
-- Column release_base: det nyeste kunnskapsgrunnlaget tallet er frigitt i (årstall); tomt der det
--   ikke er frigitt
-- Column release_state: «ikke frigitt», «frigitt», «rettet», «avviker» (kilden sier noe annet enn
--   det som er frigitt, og ingen har rettet det ennå) eller «uten tall»
-- Column released_value: verdien slik den ble frigitt første gang; en rettelse endrer den ikke
-- Column released_on: datoen tallet ble frigitt
-- Column corrected_on: datoen tallet sist ble rettet
-- Column correction_reason: hvorfor det ble rettet
-- Column comment: komiteens kommentarer til indikatoren i grunnlaget, med underskrift; flere er
--   skilt med linjeskift
WITH delivered AS (
    SELECT
        indicator_code,
        area_code,
        year,
        percent::DOUBLE AS value,
        numerator,
        denominator,
        FALSE AS provisional,
        CASE WHEN mark = '*' THEN 1 ELSE 0 END AS hidden_cells,
        'Panda analyse: regionale kompetanseindikatorer' AS source,
        constructed
    FROM staging.regional_indicator_by_area
),

-- A region's share is that of its municipalities' persons; closed ones are in neither, and where
-- they are more than a part that is declared, there is no share.
rolled AS (
    SELECT
        delivered.indicator_code,
        membership.area_code,
        delivered.year,
        CASE
            WHEN
                sum(delivered.denominator) FILTER (WHERE delivered.numerator IS NULL)
                > max(rule.value::DOUBLE) * sum(delivered.denominator) THEN NULL
            ELSE round(
                100.0 * sum(delivered.numerator)
                / sum(delivered.denominator) FILTER (WHERE delivered.numerator IS NOT NULL), 1
            )
        END AS value,
        sum(delivered.numerator)::BIGINT AS numerator,
        (sum(delivered.denominator) FILTER (WHERE delivered.numerator IS NOT NULL))::BIGINT
            AS denominator,
        FALSE AS provisional,
        count(*) FILTER (WHERE delivered.numerator IS NULL) AS hidden_cells,
        any_value(delivered.source) AS source,
        bool_or(delivered.constructed) AS constructed
    FROM delivered
    INNER JOIN mart.area_municipality AS membership
        ON delivered.area_code = membership.municipality_code
    INNER JOIN reference.indicator_rule AS rule
        ON rule.rule = 'most_hidden'
    WHERE
        membership.area_kind IN ('intake', 'forum', 'own', 'centrality')
        AND delivered.denominator IS NOT NULL
    GROUP BY delivered.indicator_code, membership.area_code, delivered.year
),

outside_by_age AS (
    SELECT
        age_group,
        county_code AS area_code,
        year,
        value,
        FALSE AS provisional,
        'Statistisk sentralbyrå: 13563' AS source,
        constructed,
        1 AS preference
    FROM staging.neet_by_county_age
    WHERE contents_code = 'AndelUtenfor'
    UNION ALL
    -- Final figures go before provisional ones, and newer vintages before older.
    SELECT
        age_group,
        area_code,
        year,
        arg_max(value, (release = 'final', vintage)) AS value,
        bool_and(release = 'provisional') AS provisional,
        'Statistisk sentralbyrå: 13556' AS source,
        bool_or(constructed) AS constructed,
        2 AS preference
    FROM staging.neet_by_region_age
    WHERE contents_code = 'BosatteProsent'
    GROUP BY age_group, area_code, year
),

outside AS (
    SELECT
        CASE age_group WHEN '15-29' THEN 'rki-02' WHEN '30-61' THEN 'rki-03' END AS indicator_code,
        area_code,
        year,
        arg_min(value, preference) AS value,
        arg_min(provisional, preference) AS provisional,
        arg_min(source, preference) AS source,
        arg_min(constructed, preference) AS constructed
    FROM outside_by_age
    WHERE age_group IN ('15-29', '30-61') AND value IS NOT NULL
    GROUP BY age_group, area_code, year
),

training AS (
    SELECT
        CASE training_code
            WHEN 'formell' THEN 'rki-08' WHEN 'ikke-formell' THEN 'rki-09'
        END AS indicator_code,
        '0' AS area_code,
        year,
        percent::DOUBLE AS value,
        'Statistisk sentralbyrå: 14095' AS source,
        constructed
    FROM staging.further_education_by_kind
    WHERE training_code IN ('formell', 'ikke-formell')
),

-- Where Statistics Norway publishes the figure itself, that is the one shown.
published AS (
    SELECT
        indicator_code,
        area_code,
        year,
        value,
        NULL::BIGINT AS numerator,
        NULL::BIGINT AS denominator,
        provisional,
        0 AS hidden_cells,
        source,
        constructed
    FROM outside
    UNION ALL
    SELECT
        indicator_code,
        area_code,
        year,
        value,
        NULL::BIGINT AS numerator,
        NULL::BIGINT AS denominator,
        FALSE AS provisional,
        0 AS hidden_cells,
        source,
        constructed
    FROM training
),

figures AS (
    SELECT * FROM published
    UNION ALL
    SELECT delivered.*
    FROM delivered
    LEFT JOIN published
        ON
            delivered.indicator_code = published.indicator_code
            AND delivered.area_code = published.area_code
            AND delivered.year = published.year
    WHERE published.value IS NULL
    UNION ALL
    SELECT * FROM rolled
),

allowed AS (
    SELECT
        figures.*,
        area.area,
        area.area_kind,
        indicator.indicator,
        indicator.theme,
        indicator.better
    FROM figures
    INNER JOIN mart.area AS area
        ON figures.area_code = area.area_code
    INNER JOIN mart.indicator AS indicator
        ON figures.indicator_code = indicator.indicator_code
    WHERE
        indicator.status = 'definert'
        AND list_contains(
            string_split(indicator.levels, ' '),
            CASE
                WHEN area.area_kind IN ('intake', 'forum', 'own') THEN 'region'
                ELSE area.area_kind
            END
        )
),

todays_counties AS (
    SELECT county_name.county_code
    FROM reference.county_name AS county_name
    CROSS JOIN reference.night AS night
    WHERE
        coalesce(county_name.valid_from::DATE, DATE '0001-01-01') <= night.as_of
        AND coalesce(county_name.valid_to::DATE, DATE '9999-12-31') > night.as_of
),

ranked AS (
    SELECT
        allowed.indicator_code,
        allowed.area_code,
        allowed.year,
        rank() OVER (
            PARTITION BY allowed.indicator_code, allowed.year
            ORDER BY CASE WHEN allowed.better = 'høyere' THEN -allowed.value ELSE allowed.value END
        ) AS place,
        count(*) OVER (PARTITION BY allowed.indicator_code, allowed.year) AS counties
    FROM allowed
    INNER JOIN todays_counties
        ON allowed.area_code = todays_counties.county_code
    WHERE allowed.value IS NOT NULL
),

released AS (
    SELECT
        indicator_code,
        area_code,
        year,
        max(base) AS base,
        arg_max(value, base) AS value,
        arg_max(released_on, base) AS released_on
    FROM journal.indicator_released
    GROUP BY indicator_code, area_code, year
),

corrected AS (
    SELECT
        indicator_code,
        area_code,
        year,
        base,
        arg_max(new_value, correction) AS value,
        arg_max(corrected_on, correction) AS corrected_on,
        arg_max(reason, correction) AS reason
    FROM journal.indicator_correction
    GROUP BY indicator_code, area_code, year, base
),

newest_base AS (
    SELECT
        indicator_code,
        max(base) AS base
    FROM journal.indicator_comment
    GROUP BY indicator_code
),

comments AS (
    SELECT
        comment.base,
        comment.indicator_code,
        string_agg(
            concat(
                comment.comment, ' (', comment.signed_by, ', ',
                strftime(comment.signed_on, '%d.%m.%Y'), ')'
            ),
            chr(10)
            ORDER BY comment.organisation_code
        ) AS comment
    FROM journal.indicator_comment AS comment
    GROUP BY comment.base, comment.indicator_code
),

final AS (
    SELECT
        allowed.indicator_code,
        allowed.indicator,
        allowed.theme,
        allowed.area_code,
        allowed.area,
        allowed.area_kind,
        allowed.year,
        allowed.value,
        CASE
            WHEN
                lag(allowed.year) OVER (
                    PARTITION BY allowed.indicator_code, allowed.area_code ORDER BY allowed.year
                ) = allowed.year - 1
                THEN round(allowed.value - lag(allowed.value) OVER (
                    PARTITION BY allowed.indicator_code, allowed.area_code ORDER BY allowed.year
                ), 2)
        END AS change,
        allowed.better,
        allowed.numerator,
        allowed.denominator,
        allowed.hidden_cells::BIGINT AS hidden_cells,
        -- A county that stands alone has no place among others.
        CASE WHEN ranked.counties > 1 THEN ranked.place END AS rank,
        CASE WHEN ranked.counties > 1 THEN ranked.counties END AS counties,
        allowed.provisional,
        released.base AS release_base,
        CASE
            WHEN allowed.value IS NULL THEN 'uten tall'
            WHEN released.base IS NULL THEN 'ikke frigitt'
            WHEN abs(allowed.value - coalesce(corrected.value, released.value)) <= 1e-9
                THEN CASE WHEN corrected.value IS NULL THEN 'frigitt' ELSE 'rettet' END
            ELSE 'avviker'
        END AS release_state,
        released.value AS released_value,
        released.released_on,
        corrected.corrected_on,
        corrected.reason AS correction_reason,
        comments.comment,
        allowed.source,
        allowed.constructed
    FROM allowed
    LEFT JOIN ranked
        ON
            allowed.indicator_code = ranked.indicator_code
            AND allowed.area_code = ranked.area_code
            AND allowed.year = ranked.year
    LEFT JOIN released
        ON
            allowed.indicator_code = released.indicator_code
            AND allowed.area_code = released.area_code
            AND allowed.year = released.year
    LEFT JOIN corrected
        ON
            released.indicator_code = corrected.indicator_code
            AND released.area_code = corrected.area_code
            AND released.year = corrected.year
            AND released.base = corrected.base
    LEFT JOIN newest_base
        ON allowed.indicator_code = newest_base.indicator_code
    LEFT JOIN comments
        ON
            allowed.indicator_code = comments.indicator_code
            AND coalesce(released.base, newest_base.base) = comments.base
)

SELECT * FROM final
