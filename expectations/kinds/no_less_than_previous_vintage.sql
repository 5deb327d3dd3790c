-- no_less_than_previous_vintage
-- Category: drift
-- Demands: the newest period is not older than in the vintage before, and the rows have not gone;
-- nor has a column of figures become empty, or nothing but zero, from top to bottom
-- Parameter share = 0.5: the least number of rows, as a share of those of the vintage before
-- Shows: the newest period and the number of rows, before and now, and the columns whose figures went
-- Damage: delete all rows but one (where there is a vintage before)
SELECT
    newest_before,
    newest_now,
    rows_before,
    rows_now,
    figures_gone
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
WHERE
    newest_now < newest_before
    OR (newest_before IS NOT NULL AND newest_now IS NULL)
    OR rows_now < {share} * rows_before
    OR figures_gone IS NOT NULL
