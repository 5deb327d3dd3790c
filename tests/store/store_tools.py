"""What the tests of the store are made of: a tiny project and answers."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tasks import locks, night
from tasks.quality import Suite
from tasks.settings import Project, Settings
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


@contextmanager
def served() -> Iterator[Source]:
    """A server on loopback with the files of the tiny project."""
    source = Source()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = source.files.get(self.path.strip("/"))
            self.send_response(200 if content is not None else source.missing)
            self.send_header("Content-Type", "text/csv")
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    source.address = f"http://127.0.0.1:{server.server_port}"
    source.files = {
        "places.csv": b"school;places\nA;30\nB;45\n",
        "pupils.csv": b"school;pupils\nA;28\nB;3\n",
    }
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield source
    server.shutdown()
    server.server_close()


def whole_night(
    settings: Settings, project: Project, as_of: date, datasets: tuple[str, ...] = ()
) -> night.Outcome:
    """One whole night as a flow runs it; names of datasets limit what is fetched."""
    with locks.night_lock(settings.rooms.lock):
        begun = night.begin(settings, as_of, project)
        with night.accounted(begun):
            chosen = [dataset.id for dataset in begun.catalogue.select(datasets)]
            return night.build(begun, [night.take_in(begun, name) for name in chosen])


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


def of_the_table(suite: Suite) -> Suite:
    """What a suite demands of its table's own rows, whatever else there is."""
    beside = {"drift", "schema", "freshness", "comparison"}
    own = [
        e
        for e in suite.expectations
        if e.category not in beside
        and not e.reads - {suite.table}
        and not any(other in str(e.rows_query) for other in ("county_name", "raw."))
    ]
    return suite.model_copy(update={"expectations": tuple(own)})


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def answer(content: bytes, role: str = "file") -> Answer:
    now = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
    return Answer(role, "GET", "http://x/y", None, 200, {"etag": "1"}, content, now)
