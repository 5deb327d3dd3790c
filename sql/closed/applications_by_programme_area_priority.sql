-- closed.applications_by_programme_area_priority
-- Grain: one row per year × applied for × right × programme area × level × priority
-- Key: application_year, applies_for, right_to_education, programme_area_code, level, priority
-- Unit: applications in the county; null where it could tell of fewer than five persons
-- Sources: restricted.applicants_by_programme_area_priority
-- Title: Søknader etter programområde og prioritet
-- Row: én rad per søknadsår, hva det søkes til, rett, programområde, trinn og prioritet
-- Users: inntakskontoret; bygger på personfiler og er bare i den interne filen
-- Column application_year: året det er søkt
-- Column applies_for: hva det søkes til: skole eller læreplass
-- Column right_to_education: hvilken rett søkeren har
-- Column priority: hvilket valg i rekken, 1 er førstevalget
-- Column is_open: ja der tallet vises
-- Column applications: søknader; null der tallet kan fortelle om færre enn fem personer
WITH counted AS (
    SELECT
        application_year,
        applies_for,
        right_to_education,
        programme_area_code,
        level,
        priority,
        sum(applications)::BIGINT AS applications,
        bool_or(constructed) AS constructed
    FROM restricted.applicants_by_programme_area_priority
    GROUP BY ALL
),

small AS (
    SELECT
        *,
        applications BETWEEN 1 AND 4 AS is_small
    FROM counted
),

-- Who knows the sum of a group can work out a closed cell that is alone in it, and closed cells
-- that can only be one person each: the smallest other cell of the group is closed with them.
-- First the programmes, whose sums others publish.
programmes AS (
    SELECT
        *,
        count(*) FILTER (WHERE is_small) OVER programme AS closed_cells,
        sum(applications) FILTER (WHERE is_small) OVER programme AS closed_persons,
        row_number() OVER (
            PARTITION BY
                application_year,
                priority,
                left(programme_area_code, 2),
                is_small
            ORDER BY
                applications,
                programme_area_code,
                applies_for,
                right_to_education,
                level
        ) AS place
    FROM small
    WINDOW programme AS (
        PARTITION BY
            application_year,
            priority,
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

-- Then the groups that stand side by side here.
grouped AS (
    SELECT
        *,
        count(*) FILTER (WHERE is_closed) OVER side_by_side AS closed_cells,
        sum(applications) FILTER (WHERE is_closed) OVER side_by_side AS closed_persons,
        row_number() OVER (
            PARTITION BY
                application_year,
                applies_for,
                right_to_education,
                level,
                priority,
                is_closed
            ORDER BY
                applications,
                programme_area_code
        ) AS place
    FROM closed_in_programmes
    WINDOW side_by_side AS (
        PARTITION BY
            application_year,
            applies_for,
            right_to_education,
            level,
            priority
    )
),

final AS (
    SELECT
        application_year,
        applies_for,
        right_to_education,
        programme_area_code,
        level,
        priority,
        not(
            is_closed
            OR coalesce(place = 1 AND (closed_cells = 1 OR closed_persons = closed_cells), FALSE)
        ) AS is_open,
        CASE WHEN is_open THEN applications END AS applications,
        constructed
    FROM grouped
)

SELECT * FROM final
