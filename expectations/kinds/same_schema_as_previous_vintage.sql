-- same_schema_as_previous_vintage
-- Category: schema
-- Demands: the source has every column, unit and kind of figure that it had, and of the same type
-- Parameter dataset: the dataset
-- Shows: the column or code that is gone or changed, and what it was and is
-- Damage: drop a column of raw.<dataset>, or change a unit (where there is a vintage before)
SELECT
    before.part,
    before.measure AS item,
    before.text AS text_before,
    now.text AS text_now
/* What {batch} is made of is told by the profile of its source. */
FROM raw.profile_before AS before
LEFT JOIN raw.profile AS now
    USING (table_name, part, measure)
WHERE
    before.table_name = 'raw.{dataset}'
    AND before.part IN ('column', 'unit')
    AND now.text IS DISTINCT FROM before.text
