-- never_empty
-- Category: value
-- Demands: a column has a value in every row; a text of nothing but blanks is none
-- Parameter column: the column
-- Parameter where = TRUE: the rows that are held to it
-- Shows: the rows
-- Damage: set the column of a row to null
SELECT * FROM {batch}
WHERE ({where}) AND ({column} IS NULL OR trim({column}::VARCHAR) = '')
