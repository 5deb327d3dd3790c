-- newest_period_not_older_than
-- Category: freshness
-- Demands: the newest figures are of a day not long ago, whenever they were fetched. Constructed
-- figures are of no day, and do not age.
-- Parameter day: the day that the figure of a row is of
-- Parameter days: how many days old the newest may be
-- Parameter where = TRUE: the rows that are counted, as those with a figure
-- Shows: the newest day, and the day of the night
-- Damage: say that no row is constructed, and delete the newest periods until the limit is passed
SELECT
    max({day})::DATE AS newest,
    any_value(night.as_of) AS today
FROM {batch} AS rows_of_it
CROSS JOIN reference.night
WHERE ({where}) AND NOT rows_of_it.constructed
HAVING max({day})::DATE < any_value(night.as_of) - {days}
