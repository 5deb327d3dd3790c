-- key_is_unique
-- Category: key
-- Demands: no two rows have the same key; empty parts of a key are equal to each other
-- Parameter key: the columns that together are unique
-- Shows: the key, and how many rows have it
-- Damage: insert a copy of a row
SELECT
    {key},
    count(*) AS number_of_rows
FROM {batch}
GROUP BY {key}
HAVING count(*) > 1
