"""StatBank tables about the county and its schools, as published where extracts are recorded.

NEET (13556), points from lower secondary (07495) and the county accounts' key figures (12274,
12399, 12609). Dimension and contents codes are those that public clients of the tables ask for.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from tasks.demo.construct_common import Floats, Table, Variable, published, stream, write_table
from tasks.demo.construct_tables import CONSTRUCTED, COUNTIES, SOURCE

NEET_YEARS = tuple(range(2015, 2026))
NEET_AGES = ("15-19", "20-24", "25-29", "15-29")
# Persons outside in 2025: StatBank table 13556, extract of 2026-10-08.
NEET_PERSONS_2025 = {"0": 105_314, "50": 10_012}
POINT_YEARS = tuple(range(2019, 2027))
NEW_IN_2024 = ("31", "32", "33", "39", "40", "55", "56")
ACCOUNT_YEARS = tuple(range(2021, 2026))
PARTICIPATION_YEARS = tuple(range(2020, 2026))
AREAS = (("EAFK", "Landet"), ("5000", "Trøndelag fylkeskommune"))


def neet() -> Table:
    """Table 13556: persons 15–29 outside work, education and measures, as published.

    Percentages of 15–29 are published for all years, persons and single age groups for 2025 only;
    what is not recorded is left out.
    """
    value = np.full((2, len(NEET_AGES), 2, len(NEET_YEARS)), np.nan)
    regions = {"0": 0, "50": 1}
    for row in published("neet_15_29").iter_rows(named=True):
        where = regions[row["region_code"]], NEET_AGES.index(row["age_group"])
        value[*where, 1, NEET_YEARS.index(int(row["year"]))] = float(row["percent"])
    for region, persons in NEET_PERSONS_2025.items():
        value[regions[region], NEET_AGES.index("15-29"), 0, -1] = persons
    return Table(
        id="13556",
        label="13556: Bosatte utenfor arbeid, utdanning og arbeidsmarkedstiltak",
        updated="2026-09-04T06:00:00Z",
        source=SOURCE,
        notes=[
            "Publiserte tall; det som ikke er ført over, mangler.",
            "Tallene for siste årgang er foreløpige.",
        ],
        unconfirmed=["note"],
        variables=[
            Variable(
                "Region", "region", [("0", "Hele landet"), ("50", COUNTIES["50"])], True, "geo"
            ),
            Variable("Kjonn", "kjønn", [("0", "Begge kjønn")], elimination=True),
            Variable("Alder", "alder", [(age, f"{age} år") for age in NEET_AGES]),
            Variable("HovArbStyrkStatus", "status", [("NEET", "Utenfor")]),
            Variable(
                "ContentsCode",
                "statistikkvariabel",
                [
                    ("Bosatte", "Bosatte", "personer", "0"),
                    ("BosatteProsent", "Bosatte (prosent)", "prosent", "1"),
                ],
                role="metric",
            ),
            _years(NEET_YEARS),
        ],
        value=value[:, None, :, None, :, :],
        status=_dots(value)[:, None, :, None, :, :],
        constructed=False,
    )


def lower_secondary_points() -> Table:
    """Table 07495: mean points from lower secondary school.

    Trøndelag is published. A county that came in 2024 has the figure 0 before, as at the source;
    its later figures are constructed.
    """
    series = _county_series("grunnskolepoeng", POINT_YEARS)
    regions = ["50", *NEW_IN_2024]
    rng = stream("points")
    value = np.zeros((len(regions), len(POINT_YEARS)))
    value[0] = series
    since = [number for number, year in enumerate(POINT_YEARS) if year >= 2024]
    for number in range(1, len(regions)):
        apart = rng.normal(0, 0.5)
        value[number, since] = np.round(series[since] + apart + rng.normal(0, 0.15, len(since)), 1)
    constructed = np.zeros(value.shape, dtype=np.bool_)
    constructed[1:, since] = True
    return Table(
        id="07495",
        label="07495: Gjennomsnittlige grunnskolepoeng, etter region, kjønn og foreldres utdanning",
        updated="2026-08-25T06:00:00Z",
        source=SOURCE,
        notes=["Trøndelag er publisert; 0 står for fylker som ikke fantes, slik kilden har det."],
        unconfirmed=[],
        variables=[
            Variable("Region", "region", [(c, COUNTIES[c]) for c in regions], True, "geo"),
            Variable("Kjonn", "kjønn", [("0", "Begge kjønn")], elimination=True),
            Variable("ForeldrUtd", "foreldres utdanning", [("00", "I alt")], elimination=True),
            Variable(
                "ContentsCode",
                "statistikkvariabel",
                [("Grunnskolepoeng", "Grunnskolepoeng", "poeng", "1")],
                role="metric",
            ),
            _years(POINT_YEARS),
        ],
        value=value[:, None, None, None, :],
        constructed=constructed[:, None, None, None, :],
    )


def cost_per_pupil() -> Table:
    """Table 12399: county spending per pupil in school; Trøndelag as published."""
    county = _county_series("kostnad_per_elev", ACCOUNT_YEARS)
    country = np.rint(county * np.exp(stream("cost").normal(-0.01, 0.01, len(county))))
    return _account(
        "12399",
        "12399: Utgifter til videregående opplæring per elev",
        "KOSutgperbrukerv0000",
        ("Utgifter per elev", "kr", "0"),
        ACCOUNT_YEARS,
        np.stack([country, county]),
        published_county=True,
        more=[
            Variable("KOKfunksjon0000", "funksjon", [("FGF7d", "Videregående opplæring i skole")]),
            Variable("KOKart0000", "art", [("AGD33", "Driftsutgifter per elev")]),
        ],
    )


def pupils_per_teacher() -> Table:
    """Table 12609: pupils per teacher man-year, constructed."""
    steps = stream("teachers").normal(0, 0.05, (2, len(ACCOUNT_YEARS)))
    value = np.round(np.array([[9.3], [9.6]]) + steps.cumsum(axis=1), 1)
    return _account(
        "12609",
        "12609: Elever per lærerårsverk i videregående opplæring",
        "KOSelevperlarsv0000",
        ("Elever per lærerårsverk", "elever", "1"),
        ACCOUNT_YEARS,
        value,
        published_county=False,
        more=[],
    )


def participation() -> Table:
    """Table 12274: part of those aged 16–18 in upper-secondary education; Trøndelag published."""
    county = _county_series("deltakelse_16_18_prosent", PARTICIPATION_YEARS)
    country = np.round(county + stream("participation").normal(0.3, 0.2, len(county)), 1)
    return _account(
        "12274",
        "12274: Andel 16-18 år i videregående opplæring",
        "KOSand16180000",
        ("Andel 16-18 år i videregående opplæring", "prosent", "1"),
        PARTICIPATION_YEARS,
        np.stack([country, county]),
        published_county=True,
        more=[
            Variable("KOKinnvandringka0000", "innvandringskategori", [("0", "I alt")]),
            Variable("KOKutdstatus0000", "utdanningsstatus", [("I", "I alt")]),
        ],
    )


def _account(
    table: str,
    label: str,
    contents: str,
    described: tuple[str, str, str],
    years: tuple[int, ...],
    value: Floats,
    *,
    published_county: bool,
    more: list[Variable],
) -> Table:
    """A key figure of the county accounts: country and county by year."""
    constructed = np.ones(value.shape, dtype=np.bool_)
    constructed[1] = not published_county
    kept = value.reshape(2, *(1 for _ in more), 1, len(years))
    return Table(
        id=table,
        label=label,
        updated="2026-06-15T06:00:00Z",
        source=SOURCE,
        notes=[
            "Trøndelag er publisert, landet er konstruert." if published_county else CONSTRUCTED
        ],
        unconfirmed=["KOKfunksjon0000", "KOKart0000", "KOKinnvandringka0000", "KOKutdstatus0000"],
        variables=[
            Variable("KOKfylkesregion0000", "region", list(AREAS), role="geo"),
            *more,
            Variable("ContentsCode", "statistikkvariabel", [(contents, *described)], role="metric"),
            _years(years),
        ],
        value=kept,
        constructed=constructed.reshape(kept.shape),
    )


def _years(years: tuple[int, ...]) -> Variable:
    return Variable("Tid", "år", [(str(year), str(year)) for year in years], role="time")


def _county_series(name: str, years: tuple[int, ...]) -> Floats:
    found = published("county_series").filter(
        (pl.col("series") == name) & (pl.col("region_code") == "50")
    )
    values = {int(row["year"]): float(row["value"]) for row in found.iter_rows(named=True)}
    return np.array([values[year] for year in years])


def _dots(value: Floats) -> npt.NDArray[np.str_]:
    return np.where(np.isnan(value), "..", "")


def write(out: Path) -> None:
    """Write the tables about the county and its schools."""
    for table in (neet(), lower_secondary_points(), cost_per_pupil(), pupils_per_teacher()):
        write_table(out, table)
    write_table(out, participation())
