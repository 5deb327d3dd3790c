-- drift_from_previous_vintage
-- Category: drift
-- Demands: rows and figures have not moved more from the vintage before than the series itself moves.
-- A robust z-score of the log change (docs/quality.md has the formula): periods that both vintages
-- have, a new period against the one before it, and each area against all other areas. The first
-- night, and a snapshot that is the same, have nothing to be compared with, and pass.
-- Parameter limit = 6: the largest score that passes
-- Parameter floor = 0.05: the least spread of a log change: 0.05 is about five per cent
-- Parameter noise = 1: the variance of a figure of one: 1 for what is counted, 0 for amounts
-- Parameter measures = TRUE: which measures are compared: the column `measure` of the profile
-- Shows: the measure, the period and the area, the figure before and now, and the score
-- Damage: double the figures of one area, or of the newest period (where there is a vintage before)
WITH before AS (
    /* What is in {batch} is told by its profile. */
    SELECT * FROM raw.profile_before
    WHERE table_name = '{table}' AND part = 'figure' AND ({measures})
),

now AS (
    SELECT * FROM raw.profile
    WHERE table_name = '{table}' AND part = 'figure' AND ({measures})
),

-- What moved: the same period in both vintages, or a new period against the one before it.
moved AS (
    SELECT
        now.measure,
        now.period,
        now.area,
        before.period IS NULL AND before.measure IS NULL AS is_new,
        CASE
            WHEN before.measure IS NOT NULL THEN before.value
            ELSE lag(now.value) OVER (PARTITION BY now.measure, now.area ORDER BY now.period)
        END AS value_before,
        now.value AS value_now
    FROM now
    LEFT JOIN before
        ON
            now.measure = before.measure
            AND now.period IS NOT DISTINCT FROM before.period
            AND now.area IS NOT DISTINCT FROM before.area
    WHERE now.measure IN (SELECT measure FROM before)
),

changes AS (
    SELECT
        *,
        ln(greatest(value_now, 1e-9 * (1 - least({noise}, 1))) + {noise})
        - ln(greatest(value_before, 1e-9 * (1 - least({noise}, 1))) + {noise}) AS change,
        {noise} / greatest(value_before, 1) AS noise
    FROM moved
    -- What was not told before is news, and no change of it. A period older than all that stood before is history that the source has added.
    WHERE
        value_before IS NOT NULL
        AND (NOT is_new OR value_now IS NOT NULL AND period > (SELECT max(period) FROM before))
),

-- How the series itself moves from period to period, as the vintage before tells it.
steps AS (
    SELECT
        measure,
        ln(greatest(value, 1e-9 * (1 - least({noise}, 1))) + {noise})
        - lag(ln(greatest(value, 1e-9 * (1 - least({noise}, 1))) + {noise}))
            OVER (PARTITION BY measure ORDER BY period) AS change
    FROM before
    WHERE area IS NULL AND period IS NOT NULL
),

usual AS (
    SELECT
        measure,
        median(change) AS middle,
        1.4826 * mad(change) AS spread,
        count(change) AS steps
    FROM steps
    GROUP BY measure
),

-- How all areas moved: what moved every area is no area's own.
usual_of_areas AS (
    SELECT
        measure,
        period,
        median(change) AS middle,
        1.4826 * mad(change) AS spread
    FROM changes
    WHERE area IS NOT NULL
    GROUP BY measure, period
),

scores AS (
    SELECT
        changes.measure,
        changes.period,
        changes.area,
        changes.value_before,
        changes.value_now,
        CASE
            WHEN changes.area IS NULL AND changes.value_now IS NULL AND changes.value_before > 0
                THEN 'Infinity'::DOUBLE
            -- Too few steps tell nothing of how long the next may be.
            WHEN changes.area IS NULL AND is_new AND coalesce(usual.steps, 0) < 3 THEN NULL
            -- Greatest and least know no nulls: a figure that an area has closed is no change.
            WHEN changes.value_now IS NULL THEN NULL
            WHEN changes.area IS NULL
                THEN
                    (changes.change - CASE WHEN is_new THEN coalesce(usual.middle, 0) ELSE 0 END)
                    / sqrt(greatest(coalesce(usual.spread, 0), {floor}) ** 2 + changes.noise)
            ELSE
                (changes.change - usual_of_areas.middle)
                / sqrt(greatest(usual_of_areas.spread, {floor}) ** 2 + changes.noise)
        END AS score
    FROM changes
    LEFT JOIN usual
        ON changes.measure = usual.measure
    LEFT JOIN usual_of_areas
        ON
            changes.measure = usual_of_areas.measure
            AND changes.period IS NOT DISTINCT FROM usual_of_areas.period
)

SELECT
    measure,
    period,
    area,
    value_before,
    value_now,
    round(score, 1) AS score
FROM scores
WHERE abs(score) > {limit}
ORDER BY abs(score) DESC, measure, period, area
