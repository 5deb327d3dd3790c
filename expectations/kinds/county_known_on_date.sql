-- county_known_on_date
-- Category: code
-- Demands: a county had municipalities on the date of the row, by the numbers in KLASS 131
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
                left(municipality_code, 2) AS code,
                min(valid_from) AS valid_from,
                max(coalesce(valid_to, DATE '9999-12-31')) AS valid_to
            FROM staging.municipality
            GROUP BY ALL
        ) AS known
            ON
                told.code = known.code
                -- Numbers before 2013 are not asked for; what was there then is taken to be.
                AND (known.valid_from <= told.day OR known.valid_from = DATE '2013-01-01')
                AND told.day < known.valid_to
        WHERE told.code NOT IN ({also}) AND known.code IS NULL
    )
