-- mart.actor_by_area_role
-- Grain: one row per area × role × actor; actors for the whole county stand in every area
-- Key: area_code, role_code, actor_code
-- Unit: koder og navn, ingen tall
-- Sources: staging.actor, mart.area_municipality, mart.area, reference.code_name
-- Title: Aktører i kompetansepolitikken etter område og rolle
-- Row: én rad per område, rolle og aktør; de som dekker hele fylket, står i alle områder
-- Users: kompetanseforumenes sekretariater (hvem inviteres), bedrifter som leter etter hjelp
-- Column role_code: rollens kode i fylkets fil
-- Column role: aktørens rolle
-- Column actor_code: aktørens kode i fylkets fil
-- Column actor: navnet på organisasjonen
-- Column is_county_wide: ja der aktøren dekker hele fylket
-- Column municipality_code: kommunenummer; 50 der aktøren dekker hele fylket
-- Column municipality: kommunen kontoret ligger i; fylket der aktøren dekker hele fylket
-- Column website: nettstedet
WITH source AS (
    SELECT * FROM staging.actor
),

everywhere AS (SELECT DISTINCT area_code FROM mart.area_municipality),

placed AS (
    SELECT
        source.*,
        member.area_code,
        FALSE AS is_county_wide
    FROM source
    INNER JOIN mart.area_municipality AS member
        ON source.municipality_code = member.municipality_code
    UNION ALL
    SELECT
        source.*,
        everywhere.area_code,
        TRUE AS is_county_wide
    FROM source
    INNER JOIN everywhere
        ON length(source.municipality_code) = 2
),

final AS (
    SELECT
        area.area_code,
        area.area,
        area.area_kind,
        placed.role_code,
        role.name AS role,
        placed.actor_code,
        placed.actor,
        placed.organisation_number,
        placed.is_county_wide,
        placed.municipality_code,
        municipality.area AS municipality,
        placed.website,
        placed.constructed
    FROM placed
    INNER JOIN mart.area AS area
        ON placed.area_code = area.area_code
    LEFT JOIN mart.area AS municipality
        ON placed.municipality_code = municipality.area_code
    LEFT JOIN reference.code_name AS role
        ON placed.role_code = role.code AND role.list = 'actor_role'
)

SELECT * FROM final
