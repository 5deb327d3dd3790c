-- no_less_than_previous_vintage
-- Category: drift
-- Demands: the newest period is not older than in the vintage before, and the rows have not gone
-- Parameter share = 0.5: the least number of rows, as a share of those of the vintage before
-- Shows: the newest period and the number of rows, before and now
-- Damage: delete all rows but one (where there is a vintage before)
SELECT
    newest_before,
    newest_now,
    rows_before,
    rows_now
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
WHERE
    newest_now < newest_before
    OR (newest_before IS NOT NULL AND newest_now IS NULL)
    OR rows_now < {share} * rows_before
