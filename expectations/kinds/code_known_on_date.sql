-- code_known_on_date
-- Category: code
-- Demands: every code stands in its list of codes on the date of its row
-- Parameter code: the code
-- Parameter day: the date of the row, or one date for all
-- Parameter list = staging.municipality: the table of codes, or a query in parentheses
-- Parameter list_code = municipality_code: its column of codes
-- Parameter valid_from = valid_from: the first day that a code is valid; empty: always
-- Parameter valid_to = valid_to: the first day that it no longer is; empty: it still is
-- Parameter where = TRUE: the rows that are held to it
-- Parameter empty = TRUE: whether an empty code passes
-- Shows: the rows
-- Damage: set the code of a row to 'zz', or its date to a year before the code was made
SELECT rows_of_it.*
FROM (SELECT * FROM {batch} WHERE {where}) AS rows_of_it
WHERE
    ({code} IS NULL AND NOT {empty})
    OR ({code}, {day}::DATE) IN (
        SELECT (told.code, told.day)
        FROM (SELECT DISTINCT {code} AS code, {day}::DATE AS day FROM {batch} WHERE {where}) AS told
        LEFT JOIN (
            SELECT
                {list_code} AS code,
                coalesce({valid_from}, DATE '0001-01-01') AS valid_from,
                coalesce({valid_to}, DATE '9999-12-31') AS valid_to
            FROM {list} AS listed
        ) AS known
            ON told.code = known.code AND known.valid_from <= told.day AND told.day < known.valid_to
        WHERE told.code IS NOT NULL AND known.code IS NULL
    )
