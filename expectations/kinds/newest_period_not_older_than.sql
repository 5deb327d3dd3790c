-- newest_period_not_older_than
-- Category: freshness
-- Demands: the newest figures are of a day not long ago, whenever they were fetched
-- Parameter day: the day that the figure of a row is of
-- Parameter days: how many days old the newest may be
-- Parameter where = TRUE: the rows that are counted, as those with a figure
-- Shows: the newest day, and the day of the night
-- Damage: delete the newest periods
SELECT
    max({day})::DATE AS newest,
    any_value(night.as_of) AS today
FROM {batch} AS rows_of_it
CROSS JOIN reference.night
WHERE {where}
HAVING max({day})::DATE < any_value(night.as_of) - {days}
