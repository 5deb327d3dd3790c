-- no_later_than
-- Category: value
-- Demands: no figure is of a day that has not come
-- Parameter day: the day that the figure of a row is of
-- Parameter days = 0: how many days after the night's own it may be
-- Shows: the rows
-- Damage: set the day of a row to a hundred years later
SELECT * FROM {batch}
WHERE {day}::DATE > (SELECT as_of FROM reference.night) + {days}
