"""StatBank tables of working life: occupation, education, commuting, further education.

All of it is constructed: neither the tables nor extracts of them are recorded.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from tasks.demo.construct_common import (
    SAMPLE,
    Floats,
    Table,
    Variable,
    share_out,
    stream,
    write_table,
)
from tasks.demo.construct_population import municipalities
from tasks.demo.construct_tables import CONSTRUCTED, EMPLOYED_COUNTRY, EMPLOYED_COUNTY, SOURCE

# Part of employment by major group of STYRK-08, and the part of it that is women. Assumed.
MAJOR_GROUPS = {
    "0": (0.012, 0.45), "1": (0.085, 0.40), "2": (0.285, 0.57), "3": (0.155, 0.42),
    "4": (0.058, 0.60), "5": (0.212, 0.68), "6": (0.020, 0.22), "7": (0.083, 0.06),
    "8": (0.058, 0.12), "9": (0.032, 0.55),
}  # fmt: skip
AGES = {"15-24": 0.13, "25-39": 0.335, "40-54": 0.315, "55-66": 0.195, "67-74": 0.025}
SEXES = [("1", "Menn"), ("2", "Kvinner")]
YEARS = tuple(range(2021, 2026))

# Level of education: part of the employed in the major groups 1-3, and in the others. Assumed.
LEVELS = {
    "1-2": ("Grunnskolenivå", 0.05, 0.28),
    "3": ("Videregående skolenivå", 0.19, 0.50),
    "4": ("Fagskolenivå", 0.06, 0.07),
    "5-6": ("Universitets- og høgskolenivå, kort", 0.44, 0.12),
    "7-8": ("Universitets- og høgskolenivå, lang", 0.26, 0.03),
}

# Participation in a year by kind of training: per cent of the employed 22-66 at work. Assumed.
TRAINING = {
    "formell": ("Formell videreutdanning", 7.5),
    "ikke-formell": ("Ikke-formell opplæring", 50.0),
    "laeringsintensivt": ("Læringsintensivt arbeid", 61.0),
}


def _occupations(level: str) -> tuple[list[tuple[str, str]], list[str]]:
    codes = pl.read_csv(SAMPLE / "klass" / "7" / "codes.csv", infer_schema=False)
    chosen = codes.filter(pl.col("level") == level).sort("code")
    pairs = list(chosen.select("code", "name").iter_rows())
    return pairs, [code[0] for code, _ in pairs]


def _weights(major: list[str], name: str) -> Floats:
    """Employment by occupation, adding up to the part of each major group."""
    weights = np.exp(stream(name).normal(0, 1.1, len(major)))
    for group, (part, _) in MAJOR_GROUPS.items():
        members = np.array(major) == group
        weights[members] *= part / weights[members].sum()
    return np.asarray(weights)


def employed_by_occupation() -> Table:
    """Table 11658: employed in the country by occupation (4 digits), sex and age, 4th quarter."""
    pairs, major = _occupations("4")
    weights = _weights(major, "occupation")
    rng = stream("occupation-parts")
    women = np.array([MAJOR_GROUPS[group][1] for group in major])
    women = np.clip(women + rng.normal(0, 0.12, len(major)), 0.02, 0.97)
    ages = np.array(list(AGES.values())) * np.exp(rng.normal(0, 0.25, (len(major), len(AGES))))
    ages /= ages.sum(axis=1, keepdims=True)
    growth = rng.normal(0.006, 0.012, len(major))
    away = np.array(YEARS) - YEARS[-1]
    cells = weights[:, None, None, None] * np.stack([1 - women, women], axis=1)[:, :, None, None]
    cells = cells * ages[:, None, :, None] * np.exp(growth[:, None] * away)[:, None, None, :]
    persons = np.rint(EMPLOYED_COUNTRY * cells / weights.sum())
    return Table(
        id="11658",
        label="11658: Sysselsatte, etter yrke, kjønn, alder, statistikkvariabel og år",
        updated="2026-03-05T07:00:00Z",
        source=SOURCE,
        notes=[CONSTRUCTED],
        unconfirmed=["Yrke", "Alder", "ContentsCode", "updated"],
        variables=[
            Variable("Yrke", "yrke", pairs),
            Variable("Kjonn", "kjønn", SEXES, elimination=True),
            Variable("Alder", "alder", [(age, f"{age} år") for age in AGES], elimination=True),
            _employed_contents(),
            Variable("Tid", "år", [(str(y), str(y)) for y in YEARS], role="time"),
        ],
        value=persons[:, :, :, None, :],
    )


def employed_by_occupation_and_education() -> Table:
    """Table 12849: employed in the country by occupation (2 digits) and level of education."""
    pairs, major = _occupations("2")
    weights = _weights(major, "occupation-education")
    parts = np.array([[level[1] if g in "123" else level[2] for level in LEVELS.values()]
                      for g in major])  # fmt: skip
    parts = parts * np.exp(stream("education-parts").normal(0, 0.3, parts.shape))
    parts /= parts.sum(axis=1, keepdims=True)
    yearly = EMPLOYED_COUNTRY * np.array([0.992, 1.0])
    persons = np.rint(weights[:, None, None] * parts[:, :, None] * yearly / weights.sum())
    return Table(
        id="12849",
        label="12849: Sysselsatte, etter yrke, utdanningsnivå, statistikkvariabel og år",
        updated="2026-06-10T06:00:00Z",
        source=SOURCE,
        notes=[CONSTRUCTED],
        unconfirmed=["Yrke", "Nivaa", "ContentsCode", "updated"],
        variables=[
            Variable("Yrke", "yrke", pairs),
            Variable("Nivaa", "utdanningsnivå", [(c, v[0]) for c, v in LEVELS.items()]),
            _employed_contents(),
            Variable("Tid", "år", [("2024", "2024"), ("2025", "2025")], role="time"),
        ],
        value=persons[:, :, None, :],
    )


def commuting() -> Table:
    """Table 03321: employed by municipality of residence and of work, inside the county.

    Two in three work where they live; the others go where work is, the less the further the
    municipal numbers lie apart. That is no geography, only a shape.
    """
    codes, names, adults = municipalities()
    rng = stream("commuting")
    number = np.array([int(code) for code in codes], dtype=np.float64)
    near = np.exp(-np.abs(number[:, None] - number[None, :]) / 30)
    pull = near * adults[None, :] ** 1.6 * np.exp(rng.normal(0, 0.3, near.shape))
    np.fill_diagonal(pull, 0)
    at_home = np.clip(0.66 + 0.07 * np.log(adults / np.median(adults)), 0.45, 0.95)
    matrix = pull / pull.sum(axis=1, keepdims=True) * (1 - at_home)[:, None]
    np.fill_diagonal(matrix, at_home)
    residents = share_out(int(EMPLOYED_COUNTY * 0.985), adults)
    whole = share_out(residents, matrix).astype(np.float64)
    places = list(zip(codes, names, strict=True))
    return Table(
        id="03321",
        label="03321: Sysselsatte, etter bostedskommune, arbeidsstedskommune og år",
        updated="2026-03-05T07:00:00Z",
        source=SOURCE,
        notes=[CONSTRUCTED, "Bare pendling mellom kommuner i Trøndelag er med i eksempelet."],
        unconfirmed=["Bokommuner", "ArbstedKomm", "ContentsCode", "updated"],
        variables=[
            Variable("ArbstedKomm", "arbeidsstedskommune", places, role="geo"),
            Variable("Bokommuner", "bostedskommune", places, role="geo"),
            _employed_contents(),
            Variable("Tid", "år", [("2025", "2025")], role="time"),
        ],
        value=whole.T[:, :, None, None],
    )


def further_education() -> Table:
    """Table 14095: participation in further education and training by kind, the country."""
    level = np.array([values[1] for values in TRAINING.values()])
    drift = stream("training").normal(0, 0.03, (len(TRAINING), len(YEARS)))
    percent = np.round(level[:, None] * np.exp(drift), 1)
    return Table(
        id="14095",
        label="14095: Deltakelse i videreutdanning og opplæring, etter type og år",
        updated="2026-09-10T06:00:00Z",
        source=SOURCE,
        notes=[CONSTRUCTED],
        unconfirmed=["Opplaering", "ContentsCode", "updated"],
        variables=[
            Variable("Opplaering", "type opplæring", [(c, v[0]) for c, v in TRAINING.items()]),
            Variable(
                "ContentsCode",
                "statistikkvariabel",
                [("Prosent", "Andel av sysselsatte 22-66 år", "prosent", "1")],
                role="metric",
            ),
            Variable("Tid", "år", [(str(y), str(y)) for y in YEARS], role="time"),
        ],
        value=percent[:, None, :],
    )


def _employed_contents() -> Variable:
    contents = [("Sysselsatte", "Sysselsatte personer", "personer", "0")]
    return Variable("ContentsCode", "statistikkvariabel", contents, role="metric")


def write(out: Path) -> None:
    """Write the tables of working life."""
    write_table(out, employed_by_occupation())
    write_table(out, employed_by_occupation_and_education())
    write_table(out, commuting())
    write_table(out, further_education())
