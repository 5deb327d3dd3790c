-- staging.vacancy
-- Grain: one row per vacancy that the feed has told of
-- Key: vacancy_id
-- Unit: vacancies; positions is the number of people looked for
-- Sources: raw.nav_feed_vacancies, raw.nav_feed_vacancies_details,
-- raw.nav_feed_vacancies_categories, raw.nav_feed_vacancies_locations, staging.municipality,
-- staging.county, staging.occupation
WITH source AS (
    SELECT
        position,
        uuid AS vacancy_id,
        municipal,
        lower(status) AS status,
        -- Instants are UTC everywhere in the warehouse.
        "sistEndret"::TIMESTAMPTZ AT TIME ZONE 'UTC' AS changed_at,
        coalesce(konstruert, FALSE) AS constructed,
        max(CASE WHEN status = 'ACTIVE' THEN position END) OVER (PARTITION BY uuid) AS last_active
    FROM raw.nav_feed_vacancies
),

renamed AS (
    SELECT
        vacancy_id,
        arg_max(status, position) AS status,
        min(changed_at) AS first_seen_at,
        max(changed_at) AS changed_at,
        -- A vacancy may be opened again: closed is what came after it was active for the last time.
        min(changed_at) FILTER (position > coalesce(last_active, -1)) AS closed_at,
        count(*) AS changes,
        list(struct_pack(changed_at := changed_at, status := status) ORDER BY position) AS history,
        arg_max(municipal, position) AS municipal,
        bool_or(constructed) AS constructed
    FROM source
    GROUP BY vacancy_id
),

-- Details are those of the day they were asked for; the newest that still had an advertisement.
detail AS (
    SELECT
        uuid AS vacancy_id,
        "sistEndret" AS as_changed,
        status = 'NOT_FOUND' AS gone,
        published::TIMESTAMPTZ AT TIME ZONE 'UTC' AS published_at,
        expires::TIMESTAMPTZ AT TIME ZONE 'UTC' AS expires_at,
        try_cast("applicationDue" AS DATE) AS application_due,
        positioncount::INTEGER AS positions,
        orgnr AS employer_orgnr,
        extent,
        engagementtype AS engagement,
        sector
    FROM raw.nav_feed_vacancies_details
    QUALIFY row_number() OVER (
        PARTITION BY uuid ORDER BY published IS NULL ASC, "sistEndret"::TIMESTAMPTZ DESC
    ) = 1
),

-- The classifier's best guess.
category AS (
    SELECT
        uuid AS vacancy_id,
        "sistEndret" AS as_changed,
        left(code, 4) AS code
    FROM raw.nav_feed_vacancies_categories
    WHERE "categoryType" = 'STYRK08'
    QUALIFY row_number() OVER (
        PARTITION BY uuid, "sistEndret" ORDER BY score DESC NULLS LAST, position ASC
    ) = 1
),

location AS (
    SELECT
        uuid AS vacancy_id,
        "sistEndret" AS as_changed,
        upper(county) AS county
    FROM raw.nav_feed_vacancies_locations
    WHERE position = 0
),

-- Upper case as in the feed; of a name in two languages either part, with and without its county.
name AS (
    SELECT DISTINCT
        municipality_code,
        valid_from,
        coalesce(valid_to, DATE '9999-12-31') AS valid_to,
        unnest(
            list_concat(
                [upper(municipality)],
                string_split(upper(regexp_replace(municipality, ' \(.*\)$', '')), ' - ')
            )
        ) AS name
    FROM staging.municipality
),

county AS (
    SELECT
        county_code,
        unnest(string_split(upper(county), ' - ')) AS county
    FROM staging.county
),

written AS (
    SELECT
        vacancy_id,
        first_seen_at,
        unnest(string_split(upper(municipal), ' - ')) AS name
    FROM renamed
),

candidate AS (
    SELECT DISTINCT
        written.vacancy_id,
        name.municipality_code,
        county.county_code IS NOT NULL AS in_county
    FROM written
    INNER JOIN name
        ON
            written.name = name.name
            AND written.first_seen_at::DATE >= name.valid_from
            AND written.first_seen_at::DATE < name.valid_to
    LEFT JOIN detail
        ON written.vacancy_id = detail.vacancy_id
    LEFT JOIN location
        ON detail.vacancy_id = location.vacancy_id AND detail.as_changed = location.as_changed
    LEFT JOIN county
        ON
            location.county = county.county
            AND left(name.municipality_code, 2) = county.county_code
),

-- One municipality of the name, or one of them in the county that the details name.
placed AS (
    SELECT
        vacancy_id,
        CASE
            WHEN count(DISTINCT municipality_code) = 1 THEN min(municipality_code)
            WHEN count(DISTINCT municipality_code) FILTER (in_county) = 1
                THEN min(municipality_code) FILTER (in_county)
        END AS municipality_code
    FROM candidate
    GROUP BY vacancy_id
),

final AS (
    SELECT
        renamed.vacancy_id,
        renamed.status,
        renamed.first_seen_at,
        renamed.changed_at,
        CASE WHEN renamed.status = 'inactive' THEN renamed.closed_at END AS closed_at,
        detail.published_at,
        detail.expires_at,
        renamed.changes,
        renamed.history,
        renamed.municipal,
        placed.municipality_code,
        CASE
            WHEN placed.municipality_code IS NOT NULL THEN NULL
            WHEN renamed.municipal IS NULL THEN 'kilden oppgir ingen kommune'
            WHEN placed.vacancy_id IS NULL THEN 'ingen kommune hadde navnet da'
            ELSE 'flere kommuner har navnet, og fylket er ikke oppgitt'
        END AS municipality_reason,
        occupation.occupation_code,
        CASE
            WHEN occupation.occupation_code IS NOT NULL THEN NULL
            WHEN detail.vacancy_id IS NULL
                THEN 'detaljer er ikke hentet: utenfor fylket, eller ikke aktiv da den ble lest'
            WHEN detail.gone THEN 'kilden har ikke lenger detaljer'
            WHEN category.code IS NULL THEN 'kilden har ingen kode i STYRK-08'
            ELSE 'koden er ikke blant yrkene i STYRK-08'
        END AS occupation_reason,
        detail.positions,
        detail.application_due,
        detail.employer_orgnr,
        detail.extent,
        detail.engagement,
        detail.sector,
        renamed.constructed
    FROM renamed
    LEFT JOIN placed
        ON renamed.vacancy_id = placed.vacancy_id
    LEFT JOIN detail
        ON renamed.vacancy_id = detail.vacancy_id
    LEFT JOIN category
        ON detail.vacancy_id = category.vacancy_id AND detail.as_changed = category.as_changed
    LEFT JOIN staging.occupation AS occupation
        ON category.code = occupation.occupation_code AND occupation.level = 4
)

SELECT * FROM final
