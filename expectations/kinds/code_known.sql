-- code_known
-- Category: code
-- Demands: codes stand in their list of codes: all, or at least a share of the rows
-- Parameter code: the code
-- Parameter list: the table of codes, or a query in parentheses
-- Parameter list_code = {code}: its column of codes
-- Parameter where = TRUE: the rows that are held to it
-- Parameter empty = TRUE: whether an empty code passes
-- Parameter mostly = 1: the least share of the rows whose code is known
-- Shows: the rows
-- Damage: set the code of a row to 'zz'; where a share may be unknown, of every row
WITH held AS (
    SELECT
        *,
        CASE
            WHEN {code} IS NULL THEN NOT {empty}
            ELSE {code} NOT IN (SELECT {list_code} FROM {list} AS known WHERE {list_code} IS NOT NULL)
        END AS is_unknown
    FROM {batch}
    WHERE ({where})
)

SELECT * EXCLUDE (is_unknown)
FROM held
WHERE is_unknown AND (SELECT avg(is_unknown::INTEGER) FROM held) > 1 - {mostly}
