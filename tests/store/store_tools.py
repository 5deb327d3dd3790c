"""What the tests of the store are made of: a tiny project and answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tasks import night
from tasks.settings import Project
from tasks.sources import Answer

CATALOGUE = """
[publisher]
id = "county"
name = "Fylket"
homepage = "https://example.org"
licence = "NLOD 2.0"
base_url = "{base}"
rate = {{ calls = 1000, per_seconds = 1 }}
attempts = 1

[[dataset]]
id = "places"
title = "Plasser"
protocol = "delimited"
source_table = "places.csv"
cadence = "daily"
freshness_days = 30
owner = "inntak"
sensitivity = "open"
table = "staging.places"
[dataset.selection]
path = "places.csv"
columns = ["school", "places"]

[[dataset]]
id = "pupils"
title = "Elever"
protocol = "delimited"
source_table = "pupils.csv"
cadence = "daily"
freshness_days = 30
owner = "inntak"
sensitivity = "restricted"
table = "restricted.pupils"
[dataset.selection]
path = "pupils.csv"
columns = ["school", "pupils"]
"""

HEADER = """-- {name}
-- Grain: one row per school
-- Key: school
-- Unit: {unit}
-- Sources: {sources}
"""

SQL = {
    "staging/places": ("raw.places", "SELECT school, places::INTEGER AS places FROM raw.places"),
    "restricted/pupils": ("raw.pupils", "SELECT school, pupils::INTEGER AS pupils FROM raw.pupils"),
    "marts/coverage": (
        "staging.places, reference.names",
        "SELECT p.school, n.name, p.places / 3.0::DOUBLE AS thirds "
        "FROM staging.places AS p INNER JOIN reference.names AS n ON p.school = n.school",
    ),
}

SUITE = """
table: staging.places
expectations:
  - type: expect_column_values_to_be_between
    arguments: {column: places, min_value: 0}
    severity: block
    reason: Plasser er ikke negative.
    owner: inntak
    origin: test
  - type: expect_column_values_to_be_between
    arguments: {column: places, max_value: 100}
    severity: warn
    reason: Så store skoler finnes ikke.
    owner: inntak
    origin: test
"""


@dataclass
class Source:
    """What the loopback server answers, by path."""

    files: dict[str, bytes] = field(default_factory=dict)
    missing: int = 503
    address: str = ""


RunNight = Callable[..., night.Outcome]


def tiny_project(root: Path, address: str) -> Project:
    """A project of two datasets that are served at an address."""
    made = Project(root)
    write(made.catalogue / "county.toml", CATALOGUE.format(base=address))
    write(made.reference / "names.csv", "school,name\nA,Adolf Øien\nB,Byåsen\n")
    for name, (sources, select) in SQL.items():
        folder, _, table = name.partition("/")
        schema = {"marts": "mart"}.get(folder, folder)
        head = HEADER.format(name=f"{schema}.{table}", unit="places", sources=sources)
        write(made.sql / f"{name}.sql", f"{head}{select}\n")
    write(made.expectations / "staging" / "places.yaml", SUITE)
    return made


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def answer(content: bytes, role: str = "file") -> Answer:
    now = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
    return Answer(role, "GET", "http://x/y", None, 200, {"etag": "1"}, content, now)
