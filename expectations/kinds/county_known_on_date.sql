-- county_known_on_date
-- Category: code
-- Demands: a county had its number on the date of the row, by data/reference/county_name.csv
-- Parameter code: the code of the county
-- Parameter day: the date of the row, or one date for all
-- Parameter also = '0': other codes that pass, as that of the whole country
-- Parameter where = TRUE: the rows that are held to it
-- Parameter empty = TRUE: whether an empty code passes
-- Shows: the rows
-- Damage: set the code of a row to 'zz', or its date to a year when the county had another number
SELECT rows_of_it.*
FROM (SELECT * FROM {batch} WHERE {where}) AS rows_of_it
WHERE
    ({code} IS NULL AND NOT {empty})
    OR ({code}, {day}::DATE) IN (
        SELECT (told.code, told.day)
        FROM (SELECT DISTINCT {code} AS code, {day}::DATE AS day FROM {batch} WHERE {where}) AS told
        LEFT JOIN (
            SELECT
                county_code AS code,
                coalesce(valid_from::DATE, DATE '0001-01-01') AS valid_from,
                coalesce(valid_to::DATE, DATE '9999-12-31') AS valid_to
            FROM reference.county_name
        ) AS known
            ON told.code = known.code AND known.valid_from <= told.day AND told.day < known.valid_to
        WHERE told.code NOT IN ({also}) AND known.code IS NULL
    )
