-- code_known
-- Category: code
-- Demands: every code stands in its list of codes
-- Parameter code: the code
-- Parameter list: the table of codes, or a query in parentheses
-- Parameter list_code = {code}: its column of codes
-- Parameter where = TRUE: the rows that are held to it
-- Parameter empty = TRUE: whether an empty code passes
-- Shows: the rows
-- Damage: set the code of a row to 'zz'
SELECT *
FROM {batch}
WHERE
    ({where})
    AND CASE
        WHEN {code} IS NULL THEN NOT {empty}
        ELSE {code} NOT IN (SELECT {list_code} FROM {list} AS known WHERE {list_code} IS NOT NULL)
    END
