-- one_of
-- Category: code
-- Demands: a column has one of some words; an empty one passes
-- Parameter column: the column
-- Parameter values: the words
-- Shows: the rows
-- Damage: set the column of a row to 'zz'
SELECT * FROM {batch}
WHERE {column}::VARCHAR NOT IN ({values:text})
