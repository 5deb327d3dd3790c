-- mart.sector_practice_places_by_area
-- Grain: one row per sector × area × education × year
-- Key: sector_code, area_code, education_code, year
-- Unit: praksisplasser; andel 0–1
-- Sources: staging.practice_places_by_municipality_education, reference.sector,
--   reference.municipality_carry, mart.area, mart.area_municipality
-- Title: Praksisplasser i sektoren etter område og utdanning
-- Row: én rad per sektor, område, utdanning og år
-- Users: forumet for helse og omsorg og planleggere: om det er praksisplasser nok til flere
--   elever og studenter
-- Column education_code: programområde, eller utdanning ved fagskole (FS-) eller universitet og
--   høgskole (UH-)
-- Column education: navnet på utdanningen
-- Column education_level: videregående opplæring, fagskole eller universitet og høgskole
-- Column places_agreed: antall praksisplasser som er avtalt med kommunen
-- Column places_used: antall av de avtalte plassene som ble brukt
-- Column used_share: brukte plasser delt på avtalte, 0 til 1
WITH carried AS (
    SELECT
        coalesce(carry.to_code, source.municipality_code) AS municipality_code,
        source.education_code,
        source.education,
        source.education_level,
        source.year,
        source.places_agreed * coalesce(carry.weight, 1) AS places_agreed,
        source.places_used * coalesce(carry.weight, 1) AS places_used,
        source.constructed
    FROM staging.practice_places_by_municipality_education AS source
    LEFT JOIN reference.municipality_carry AS carry
        ON
            source.municipality_code = carry.from_code
            AND source.year = carry.year
),

final AS (
    SELECT
        sector.sector_code,
        any_value(sector.sector) AS sector,
        members.area_code,
        any_value(area.area) AS area,
        any_value(area.area_kind) AS area_kind,
        carried.education_code,
        any_value(carried.education) AS education,
        any_value(carried.education_level) AS education_level,
        carried.year,
        round(sum(carried.places_agreed))::BIGINT AS places_agreed,
        round(sum(carried.places_used))::BIGINT AS places_used,
        sum(carried.places_used) / nullif(sum(carried.places_agreed), 0)::DOUBLE AS used_share,
        bool_or(carried.constructed) AS constructed
    FROM carried
    INNER JOIN reference.sector AS sector
        ON
            carried.education_code = sector.code
            AND sector.kind IN ('programme_area', 'education')
    INNER JOIN mart.area_municipality AS members
        ON carried.municipality_code = members.municipality_code
    INNER JOIN mart.area AS area
        ON members.area_code = area.area_code
    GROUP BY sector.sector_code, members.area_code, carried.education_code, carried.year
)

SELECT * FROM final
