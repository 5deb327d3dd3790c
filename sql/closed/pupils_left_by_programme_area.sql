-- closed.pupils_left_by_programme_area
-- Grain: one row per school year × programme area × level
-- Key: school_year_start, programme_area_code, level
-- Unit: pupils on 1 October, and those of them who left during the year; null where it could tell
-- of fewer than five persons
-- Sources: restricted.pupils_by_school_programme_area_status
-- Title: Elever som sluttet, etter programområde
-- Row: én rad per skoleår, programområde og trinn
-- Users: skolene og oppfølgingstjenesten; bygger på personfiler og er bare i den interne filen
-- Column pupils: elever 1. oktober
-- Column is_open: ja der pupils_left vises
-- Column pupils_left: de av elevene som sluttet i løpet av året; null der tallet kan fortelle om
--   færre enn fem
WITH counted AS (
    SELECT
        school_year_start,
        programme_area_code,
        level,
        sum(pupils)::BIGINT AS pupils,
        coalesce(sum(pupils) FILTER (WHERE status = 'left'), 0)::BIGINT AS pupils_left,
        bool_or(constructed) AS constructed
    FROM restricted.pupils_by_school_programme_area_status
    GROUP BY school_year_start, programme_area_code, level
),

-- Pupils stand in other tables too. Those who stayed are not shown: with them, who left would
-- follow; and where few stayed, who left would tell of them.
small AS (
    SELECT
        *,
        pupils_left BETWEEN 1 AND 4 OR pupils - pupils_left BETWEEN 1 AND 4 AS is_small
    FROM counted
    WHERE pupils >= 5
),

-- Who knows the sum of a group can work out a closed cell that is alone in it, and closed cells
-- that can only be one person each: the smallest other cell of the group is closed with them.
programmes AS (
    SELECT
        *,
        count(*) FILTER (WHERE is_small) OVER programme AS closed_cells,
        sum(pupils_left) FILTER (WHERE is_small) OVER programme AS closed_persons,
        row_number() OVER (
            PARTITION BY
                school_year_start,
                left(programme_area_code, 2),
                is_small
            ORDER BY
                pupils_left = 0,
                pupils_left,
                programme_area_code,
                level
        ) AS place
    FROM small
    WINDOW programme AS (
        PARTITION BY
            school_year_start,
            left(programme_area_code, 2)
    )
),

closed_in_programmes AS (
    SELECT
        * EXCLUDE (closed_cells, closed_persons, place),
        is_small
        OR coalesce(place = 1 AND (closed_cells = 1 OR closed_persons = closed_cells), FALSE)
            AS is_closed
    FROM programmes
),

grouped AS (
    SELECT
        *,
        count(*) FILTER (WHERE is_closed) OVER side_by_side AS closed_cells,
        sum(pupils_left) FILTER (WHERE is_closed) OVER side_by_side AS closed_persons,
        row_number() OVER (
            PARTITION BY
                school_year_start,
                level,
                is_closed
            ORDER BY
                pupils_left = 0,
                pupils_left,
                programme_area_code
        ) AS place
    FROM closed_in_programmes
    WINDOW side_by_side AS (
        PARTITION BY
            school_year_start,
            level
    )
),

closed_in_groups AS (
    SELECT
        * EXCLUDE (closed_cells, closed_persons, place, is_closed),
        is_closed
        OR coalesce(place = 1 AND (closed_cells = 1 OR closed_persons = closed_cells), FALSE)
            AS is_closed
    FROM grouped
),

-- Where nobody else left, the closed cells are no more persons than cells: all are closed.
few AS (
    SELECT
        *,
        coalesce(
            sum(pupils_left) FILTER (WHERE is_closed) OVER side_by_side
            <= count(*) FILTER (WHERE is_closed) OVER side_by_side, FALSE
        ) AS is_few
    FROM closed_in_groups
    WINDOW side_by_side AS (
        PARTITION BY
            school_year_start,
            level
    )
),

final AS (
    SELECT
        school_year_start,
        programme_area_code,
        level,
        pupils,
        is_closed = FALSE AND is_few = FALSE AS is_open,
        CASE WHEN is_open THEN pupils_left END AS pupils_left,
        constructed
    FROM few
)

SELECT * FROM final
