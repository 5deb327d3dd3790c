"""The small StatBank tables: education level and NEET as published, the others constructed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from tasks.demo.construct_common import (
    Floats,
    Table,
    Variable,
    published,
    share_out,
    stream,
    write_table,
)
from tasks.demo.construct_population import municipalities

SOURCE = "Statistisk sentralbyrå"
CONSTRUCTED = "Konstruerte tall."

# Industry groups of SN2007, as SSB's register-based employment prints them; per group: part of
# employment, how rural it is (0 = as the county), yearly growth, vacancies per 1 000 jobs. Assumed.
INDUSTRIES = {
    "01-03": ("Jordbruk, skogbruk og fiske", 0.045, 1.6, -0.010, 12),
    "05-09": ("Bergverksdrift og utvinning", 0.010, 0.2, 0.010, 18),
    "10-33": ("Industri", 0.085, 0.5, 0.002, 20),
    "35-39": ("Elektrisitet, vann og renovasjon", 0.013, 0.2, 0.012, 24),
    "41-43": ("Bygge- og anleggsvirksomhet", 0.090, 0.3, 0.004, 27),
    "45-47": ("Varehandel, reparasjon av motorvogner", 0.130, -0.1, -0.006, 24),
    "49-53": ("Transport og lagring", 0.045, 0.1, -0.002, 26),
    "55-56": ("Overnattings- og serveringsvirksomhet", 0.035, -0.1, 0.008, 38),
    "58-63": ("Informasjon og kommunikasjon", 0.040, -1.2, 0.025, 42),
    "64-66": ("Finansiering og forsikring", 0.013, -0.7, -0.005, 21),
    "68-75": ("Teknisk tjenesteyting, eiendomsdrift", 0.068, -0.9, 0.020, 34),
    "77-82": ("Forretningsmessig tjenesteyting", 0.050, -0.4, 0.004, 41),
    "84": ("Off.adm., forsvar, sosialforsikring", 0.060, 0.1, 0.008, 25),
    "85": ("Undervisning", 0.090, -0.1, 0.006, 17),
    "86-88": ("Helse- og sosialtjenester", 0.190, 0.2, 0.014, 46),
    "90-99": ("Personlig tjenesteyting", 0.030, -0.2, 0.005, 19),
    "00": ("Uoppgitt", 0.006, 0.0, 0.0, 5),
}
EMPLOYED_COUNTY, EMPLOYED_COUNTRY = 246_000, 2_870_000
YEARS_EMPLOYED = tuple(range(2016, 2026))
QUARTERS = tuple(f"{y}K{q}" for y in range(2021, 2027) for q in range(1, 5))[2:22]

COUNTIES = {
    "03": "Oslo", "11": "Rogaland", "15": "Møre og Romsdal", "18": "Nordland - Nordlánnda",
    "31": "Østfold", "32": "Akershus", "33": "Buskerud", "34": "Innlandet", "39": "Vestfold",
    "40": "Telemark", "42": "Agder", "46": "Vestland", "50": "Trøndelag - Trööndelage",
    "55": "Troms - Romsa - Tromssa", "56": "Finnmark - Finnmárku - Finmarkku",
}  # fmt: skip

# How a cohort's standing after five or six years divides; the first two are completion. Assumed.
COMPLETION = {
    "01": ("Fullført med studie- eller yrkeskompetanse på normert tid", 0.77),
    "02": ("Fullført med studie- eller yrkeskompetanse på mer enn normert tid", 0.23),
    "03": ("Fullført planlagt grunnkompetanse", 0.13),
    "04": ("Fortsatt i videregående opplæring", 0.24),
    "05": ("Gjennomført Vg3 eller gått opp til fagprøve, ikke bestått", 0.23),
    "06": ("Sluttet underveis", 0.40),
}


def _industry_codes() -> list[tuple[str, str]]:
    return [(code, values[0]) for code, values in INDUSTRIES.items()]


def employed() -> Table:
    """Table 13470: employed by municipality of work, industry and year (4th quarter)."""
    codes, names, adults = municipalities()
    part, rural, growth = (
        np.array([values[i] for values in INDUSTRIES.values()]) for i in (1, 2, 3)
    )
    rng = stream("employed")
    size = np.clip(np.log(adults / np.median(adults)), -1.5, 3.0)
    local = np.exp(rng.normal(0, 0.18, (len(codes), len(INDUSTRIES))))
    at_work = adults * np.exp(0.03 * size)
    weights = at_work[:, None] * part * np.exp(-0.45 * np.outer(size, rural)) * local
    weights *= part / (weights / weights.sum()).sum(axis=0)
    away = np.array(YEARS_EMPLOYED) - YEARS_EMPLOYED[-1]
    yearly = weights[:, :, None] * np.exp(growth[None, :, None] * away)
    yearly *= np.exp(rng.normal(0, 0.008, yearly.shape))
    whole = np.rint(EMPLOYED_COUNTY * yearly / weights.sum())
    return Table(
        id="13470",
        label="13470: Sysselsatte per 4. kvartal, etter arbeidsstedskommune, næring og år",
        updated="2026-03-05T07:00:00Z",
        source=SOURCE,
        notes=[CONSTRUCTED, "Alle år er regnet på dagens kommuner."],
        unconfirmed=["NACE2007", "ContentsCode", "updated"],
        variables=[
            Variable("Region", "region", list(zip(codes, names, strict=True)), True, "geo"),
            Variable("NACE2007", "næring (SN2007)", _industry_codes(), True),
            Variable(
                "ContentsCode",
                "statistikkvariabel",
                [("Sysselsatte", "Sysselsatte personer etter arbeidssted", "personer", "0")],
                role="metric",
            ),
            Variable("Tid", "år", [(str(y), str(y)) for y in YEARS_EMPLOYED], role="time"),
        ],
        value=whole[:, :, None, :],
    )


def education_level() -> Table:
    """Table 09429: persons 16 and over by county, level and sex, 2020, as published.

    Counties are those of 2020. Only both sexes together are recorded. The total of the levels is
    added up here, and therefore marked.
    """
    rows = published("education_level_09429")
    counties = rows.unique("county_code", maintain_order=True).sort("county_code")
    levels = rows.unique("level_code", maintain_order=True)
    persons = (
        rows.with_columns(pl.col("persons").cast(pl.Float64))
        .pivot("level_code", index="county_code", values="persons")
        .sort("county_code")
        .select(levels["level_code"].to_list())
        .to_numpy()
    )
    value = np.concatenate([persons.sum(axis=1, keepdims=True), persons], axis=1)
    level_codes = [("00", "I alt"), *levels.select("level_code", "level").iter_rows()]
    added_up = np.zeros((len(counties), len(level_codes), 1, 1, 1), dtype=np.bool_)
    added_up[:, 0] = True
    return Table(
        id="09429",
        label="09429: Personer 16 år og over, etter region, utdanningsnivå, kjønn og år",
        updated="2021-06-17T06:00:00Z",
        source=SOURCE,
        notes=["Publiserte tall for 2020, i fylkene som gjaldt da. Nivå 00 er summert her."],
        unconfirmed=["Nivaa", "ContentsCode", "updated"],
        variables=[
            Variable(
                "Region",
                "region",
                list(counties.select("county_code", "county").iter_rows()),
                True,
                "geo",
            ),
            Variable("Nivaa", "utdanningsnivå", level_codes),
            Variable("Kjonn", "kjønn", [("0", "Begge kjønn")], elimination=True),
            Variable(
                "ContentsCode",
                "statistikkvariabel",
                [("Personer", "Personer 16 år og over", "personer", "0")],
                role="metric",
            ),
            Variable("Tid", "år", [("2020", "2020")], role="time"),
        ],
        value=value[:, :, None, None, None],
        constructed=added_up,
    )


def neet() -> Table:
    """Table 13563: part outside work and education, by county and age, 2024, as published."""
    rows = published("neet_by_county_13563").sort("county_code", "age_group")
    ages = [("15-29", "15-29 år"), ("30-61", "30-61 år")]
    percent = rows["percent"].cast(pl.Float64).to_numpy().reshape(-1, len(ages))
    codes = rows["county_code"].unique(maintain_order=True).to_list()
    return Table(
        id="13563",
        label="13563: Personer utenfor arbeid, utdanning og arbeidsmarkedstiltak",
        updated="2026-09-04T06:00:00Z",
        source=SOURCE,
        notes=["Publiserte fylkestall for 2024."],
        unconfirmed=["ContentsCode"],
        variables=[
            Variable("Region", "region", [(c, COUNTIES[c]) for c in codes], True, "geo"),
            Variable("Alder", "alder", ages),
            Variable(
                "ContentsCode",
                "statistikkvariabel",
                [("AndelUtenfor", "Andel utenfor (prosent)", "prosent", "1")],
                role="metric",
            ),
            Variable("Tid", "år", [("2024", "2024")], role="time"),
        ],
        value=percent[:, :, None, None],
        constructed=False,
    )


def completion() -> Table:
    """Table 14882: a cohort's standing after five or six years; completion as Udir publishes it.

    For the country and Trøndelag the two kinds of completion add up to the published percentage.
    The other counties, the persons and the division of those who did not complete are constructed.
    """
    percent = {
        (row["cohort"], row["region_code"]): float(row["percent"])
        for row in published("completion").iter_rows(named=True)
    }
    regions = [("0", "Hele landet"), *COUNTIES.items()]
    rng = stream("completion")
    value = np.zeros((len(regions), len(COMPLETION) + 1, 2, 2))
    for number, (region, _) in enumerate(regions):
        apart = rng.normal(0, 1.5)
        for year, cohort in enumerate(("2018", "2019")):
            done = percent.get((cohort, region), percent[cohort, "0"] + apart)
            share = _tenths(round(10 * done)) / 10
            people = {"0": 62_400, "50": 5_740}.get(region, 4_060) + 60 * year
            value[number, :, 0, year] = [people, *share_out(people, share)]
            value[number, :, 1, year] = [100.0, *share]
    return Table(
        id="14882",
        label="14882: Gjennomføring i videregående opplæring, etter region og fullføring",
        updated="2026-06-11T06:00:00Z",
        source=SOURCE,
        notes=[
            "Konstruerte tall: andelen som har fullført i landet og i Trøndelag er summen av 01 og "
            "02 og lik Utdanningsdirektoratets publiserte tall; resten er konstruert."
        ],
        unconfirmed=["FullforingVGO", "ContentsCode", "updated"],
        variables=[
            Variable("Region", "region", regions, True, "geo"),
            Variable(
                "FullforingVGO",
                "fullføring",
                [("00", "I alt"), *((code, v[0]) for code, v in COMPLETION.items())],
            ),
            Variable("Kjonn", "kjønn", [("0", "Begge kjønn")], elimination=True),
            Variable("Poeng", "grunnskolepoeng", [("0", "I alt")], elimination=True),
            Variable(
                "ContentsCode",
                "statistikkvariabel",
                [("Personer", "Personer", "personer", "0"), ("Andel", "Andel", "prosent", "1")],
                role="metric",
            ),
            Variable(
                "Tid", "år", [(p, p) for p in ("2018-2024", "2019-2025")], role="time"
            ),
        ],
        value=value[:, :, None, None],
    )  # fmt: skip


def _tenths(done: int) -> Floats:
    """Tenths of a per cent on each kind of standing, adding up to 1 000, completion to `done`."""
    shares = np.array([values[1] for values in COMPLETION.values()])
    parts = [share_out(done, shares[:2]), share_out(1000 - done, shares[2:])]
    return np.concatenate(parts).astype(np.float64)


def vacancies() -> Table:
    """Table 11587: vacancies and their part of all jobs by industry and quarter, the country."""
    part = np.array([values[1] for values in INDUSTRIES.values()])
    per_thousand = np.array([values[4] for values in INDUSTRIES.values()])
    rng = stream("vacancies")
    season = np.array([1.06, 1.08, 0.95, 0.91])
    steps = np.arange(len(QUARTERS))
    cycle = 1.10 - 0.018 * np.abs(steps - 4)
    level = cycle * season[(steps + 2) % 4]
    noise = np.exp(rng.normal(0, 0.04, (len(INDUSTRIES), len(QUARTERS))))
    rate = np.round(per_thousand[:, None] * level * noise / 10, 1)
    jobs = EMPLOYED_COUNTRY * part
    count = np.round(jobs[:, None] * rate / (100 - rate), -2)
    return Table(
        id="11587",
        label="11587: Ledige stillinger, etter næring (SN2007), statistikkvariabel og kvartal",
        updated="2026-08-20T06:00:00Z",
        source=SOURCE,
        notes=[CONSTRUCTED],
        unconfirmed=["NACE2007", "ContentsCode", "updated"],
        variables=[
            Variable("NACE2007", "næring (SN2007)", _industry_codes(), True),
            Variable(
                "ContentsCode",
                "statistikkvariabel",
                [
                    ("LedigeStillinger", "Ledige stillinger", "stillinger", "0"),
                    ("LedigeStillProsent", "Ledige stillinger (prosent)", "prosent", "1"),
                ],
                role="metric",
            ),
            Variable("Tid", "kvartal", [(q, q) for q in QUARTERS], role="time"),
        ],
        value=np.stack([count, rate], axis=1),
    )


def write(out: Path) -> None:
    """Write the five small tables."""
    for table in (employed(), education_level(), neet(), completion(), vacancies()):
        write_table(out, table)
