-- whole_numbers
-- Category: value
-- Demands: what is counted came from the source as whole numbers; before it is typed, a share or a
-- thousand with the wrong mark is seen
-- Parameter source: the table as the source gave it
-- Parameter column = value: its column of figures
-- Parameter where = TRUE: the rows that are held to it
-- Shows: the rows as the source gave them
-- Damage: add a half to a figure of the source
SELECT * FROM {source}
/* What becomes of it stands in {batch}. */
WHERE ({where}) AND {column} % 1 != 0
