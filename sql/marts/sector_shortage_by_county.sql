-- mart.sector_shortage_by_county
-- Grain: one row per sector × county (0: the country) × year × what the figure is made of
-- Key: sector_code, area_code, year, basis
-- Unit: personer; mangel per ledig
-- Sources: mart.labour_shortage_by_county_occupation, mart.enterprise_survey_by_occupation_group,
--   reference.sector
-- Title: Mangel på arbeidskraft i sektoren
-- Row: én rad per sektor, fylke (eller landet), år og grunnlag (yrker eller NAVs yrkesgrupper)
-- Users: forumet for helse og omsorg, andre bransjefora og NAV: om det mangler folk, og om det
--   finnes ledige
-- Column basis: occupation (sektorens yrker summert) eller occupation_group (NAVs yrkesgrupper,
--   videre enn sektoren); de to skal ikke sammenliknes
-- Column unemployed_persons: antall helt ledige og på tiltak med bakgrunn i sektorens yrkesgrupper;
--   tomt der undersøkelsen ikke har det
WITH known AS (
    SELECT
        area_code,
        area,
        area_kind,
        year,
        'occupation' AS basis,
        occupation_code AS code,
        shortage_persons,
        NULL::BIGINT AS unemployed_persons,
        constructed
    FROM mart.labour_shortage_by_county_occupation
    UNION ALL
    SELECT
        area_code,
        area,
        area_kind,
        year,
        'occupation_group' AS basis,
        occupation_group AS code,
        shortage_persons,
        unemployed_persons,
        constructed
    FROM mart.enterprise_survey_by_occupation_group
),

final AS (
    SELECT
        sector.sector_code,
        any_value(sector.sector) AS sector,
        known.area_code,
        any_value(known.area) AS area,
        any_value(known.area_kind) AS area_kind,
        known.year,
        known.basis,
        sum(known.shortage_persons)::BIGINT AS shortage_persons,
        sum(known.unemployed_persons)::BIGINT AS unemployed_persons,
        sum(known.shortage_persons) / nullif(sum(known.unemployed_persons), 0)::DOUBLE
            AS shortage_per_unemployed,
        bool_or(known.constructed) AS constructed
    FROM known
    INNER JOIN reference.sector AS sector
        ON
            known.code = sector.code
            AND known.basis = sector.kind
    GROUP BY sector.sector_code, known.area_code, known.year, known.basis
)

SELECT * FROM final
