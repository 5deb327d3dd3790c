-- mart.in_company_training_by_year
-- Grain: one row per year with a frame or projects
-- Key: year
-- Unit: kroner; prosjekter; bedrifter; personer; andel 0–1
-- Sources: staging.in_company_training_frame_by_year, mart.in_company_training_project
-- Title: Bedriftsintern opplæring: tilskudd mot årets ramme
-- Row: én rad per år
-- Users: fylkesting og hovedutvalg (hva rammen brukes til), partene i arbeidslivet
-- Column frame_nok: årets ramme i kroner
-- Column carried_over_nok: overført fra året før i kroner
-- Column granted_share: innvilget beløp delt på årets ramme, 0 til 1; det som er overført fra året
--   før, er ikke med i rammen, så andelen kan være over 1
-- Column projects: prosjekter som er søkt om
-- Column granted_projects: prosjekter med innvilget beløp
-- Column participants: ansatte som er med i prosjekter med innvilget beløp; summen av det som ikke
--   er skjult
WITH frame AS (
    SELECT * FROM staging.in_company_training_frame_by_year
),

projects AS (
    SELECT
        year,
        sum(applied_nok)::BIGINT AS applied_nok,
        sum(granted_nok)::BIGINT AS granted_nok,
        sum(paid_nok)::BIGINT AS paid_nok,
        count(*)::BIGINT AS projects,
        count(*) FILTER (WHERE granted_nok > 0)::BIGINT AS granted_projects,
        count(DISTINCT organisation_number) FILTER (WHERE granted_nok > 0)::BIGINT AS enterprises,
        sum(participants) FILTER (WHERE granted_nok > 0)::BIGINT AS participants,
        (sum(hidden_cells) FILTER (WHERE granted_nok > 0))::BIGINT AS hidden_cells,
        bool_or(constructed) AS constructed
    FROM mart.in_company_training_project
    GROUP BY year
),

final AS (
    SELECT
        coalesce(frame.year, projects.year) AS year,
        frame.frame_nok,
        frame.carried_over_nok,
        projects.applied_nok,
        projects.granted_nok,
        projects.paid_nok,
        projects.granted_nok::DOUBLE / nullif(frame.frame_nok, 0) AS granted_share,
        coalesce(projects.projects, 0) AS projects,
        coalesce(projects.granted_projects, 0) AS granted_projects,
        coalesce(projects.enterprises, 0) AS enterprises,
        projects.participants,
        coalesce(projects.hidden_cells, 0) AS hidden_cells,
        coalesce(frame.constructed, FALSE) OR coalesce(projects.constructed, FALSE) AS constructed
    FROM frame
    FULL JOIN projects
        ON frame.year = projects.year
)

SELECT * FROM final
