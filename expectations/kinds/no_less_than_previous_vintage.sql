-- no_less_than_previous_vintage
-- Category: drift
-- Demands: the newest period is not older than in the vintage before, and the rows have not gone;
-- nor has a column of figures become empty, or nothing but zero, from top to bottom; and most of the
-- figures of periods that were told before stand: a correction is of some of them
-- Parameter share = 0.5: the least number of rows, as a share of those of the vintage before
-- Parameter moved = 0.5: the largest share of earlier figures that may be others now
-- Parameter far = 0.2: how far a figure has moved that is another: 0.2 is about twenty per cent
-- Shows: the newest period and the number of rows, before and now, the columns whose figures went, and
-- of the earlier figures how many are others now
-- Damage: delete all rows but one (where there is a vintage before)
SELECT
    newest_before,
    newest_now,
    rows_before,
    rows_now,
    figures_gone,
    figures_told,
    figures_moved
/* What is in {batch} is told by its profile. */
FROM (
    SELECT
        max(period) AS newest_before,
        sum(value) FILTER (WHERE measure = 'rows') AS rows_before
    FROM raw.profile_before
    WHERE table_name = '{table}' AND part = 'figure' AND area IS NULL
) AS told_before
CROSS JOIN (
    SELECT
        max(period) AS newest_now,
        coalesce(sum(value) FILTER (WHERE measure = 'rows'), 0) AS rows_now
    FROM raw.profile
    WHERE table_name = '{table}' AND part = 'figure' AND area IS NULL
) AS told_now
CROSS JOIN (
    SELECT string_agg(measure, ', ' ORDER BY measure) AS figures_gone
    FROM (
        SELECT
            measure,
            sum(value) AS value_before
        FROM raw.profile_before
        WHERE table_name = '{table}' AND part = 'figure' AND area IS NULL AND measure != 'rows'
        GROUP BY measure
    ) AS had
    LEFT JOIN (
        SELECT
            measure,
            sum(value) AS value_now
        FROM raw.profile
        WHERE table_name = '{table}' AND part = 'figure' AND area IS NULL
        GROUP BY measure
    ) AS has USING (measure)
    WHERE value_before != 0 AND coalesce(value_now, 0) = 0
) AS told_gone
-- By area where areas are kept, else the whole; small counts move by chance, by three times their root.
CROSS JOIN (
    SELECT
        count(*) AS figures_told,
        count(*) FILTER (
            WHERE
                now.value IS NULL
                OR abs(ln(abs(now.value) + 1) - ln(abs(had.value) + 1))
                > {far} + 3 / sqrt(greatest(abs(had.value), 1))
                OR sign(now.value) * sign(had.value) < 0
        ) AS figures_moved
    FROM raw.profile_before AS had
    LEFT JOIN raw.profile AS now
        ON
            had.table_name = now.table_name
            AND had.measure = now.measure
            AND had.period = now.period
            AND had.area IS NOT DISTINCT FROM now.area
            AND now.part = 'figure'
    WHERE
        had.table_name = '{table}'
        AND had.part = 'figure'
        AND had.measure != 'rows'
        AND had.value != 0
        AND had.period IN (
            SELECT period FROM raw.profile
            WHERE table_name = '{table}' AND part = 'figure'
        )
        AND (had.area IS NOT NULL) = (
            SELECT count(area) > 0 FROM raw.profile_before
            WHERE table_name = '{table}' AND part = 'figure'
        )
) AS told_again
WHERE
    newest_now < newest_before
    OR (newest_before IS NOT NULL AND newest_now IS NULL)
    OR rows_now < {share} * rows_before
    OR figures_gone IS NOT NULL
    OR (figures_told > 3 AND figures_moved > {moved} * figures_told)
