-- same_metadata_as_previous_vintage
-- Category: schema
-- Demands: the source says the same of its figures: no new columns, codes, names or footnotes
-- Parameter dataset: the dataset
-- Shows: what is new, gone or said otherwise, and what it was and is
-- Damage: change a name or a footnote in what came with raw.<dataset> (where there is a vintage before)
SELECT
    part,
    measure AS item,
    before.text AS text_before,
    now.text AS text_now
/* What {batch} is made of is told by the profile of its source. */
FROM (SELECT * FROM raw.profile_before WHERE table_name = 'raw.{dataset}') AS before
FULL JOIN (SELECT * FROM raw.profile WHERE table_name = 'raw.{dataset}') AS now
    USING (part, measure)
WHERE
    now.text IS DISTINCT FROM before.text
    AND (part IN ('code', 'note') OR before.text IS NULL)
    -- The first vintage has nothing to be held against.
    AND EXISTS (SELECT 1 FROM raw.profile_before WHERE table_name = 'raw.{dataset}')
