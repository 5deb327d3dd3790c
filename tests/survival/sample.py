"""A small installation with one of everything that a night can lose, and three nights of it.

Open and restricted figures, a dataset whose vintages are kept, a log that grows, one that a suite
stops on the second night and one that only earns a warning, words of people, and mails.
"""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from tasks.demo.server import SAMPLE, Server, serve
from tasks.settings import CHECKOUT, Project

# The eve, and three nights. On the second of these, retention takes away what is of the eve alone.
EVE = -1
NIGHTS = {
    EVE: date(2026, 10, 2),
    0: date(2026, 10, 10),
    1: date(2026, 11, 12),
    2: date(2026, 11, 13),
}
LOG = (SAMPLE / "nav_feed" / "log.jsonl").read_bytes().splitlines(keepends=True)
LOG_LINES = {EVE: 4, 0: 6, 1: 9, 2: 11}
WORDS = ("form.taken", "case.state", "case.answer", "indicator.comment")

_CATALOGUE = """
[publisher]
id = "county"
name = "Fylket"
homepage = "https://example.org"
licence = "NLOD 2.0"
base_url = "{base}"
rate = {{ calls = 10000, per_seconds = 1 }}
attempts = 1
"""
_DATASET = """
[[dataset]]
id = "{name}"
title = "{title}"
protocol = "delimited"
source_table = "{name}.csv"
cadence = "daily"
freshness_days = 30
owner = "inntak"
sensitivity = "{sensitivity}"
table = "{table}"
{more}
[dataset.selection]
path = "{name}.csv"
columns = ["school", "figure"]
"""
_DATASETS = (
    ("places", "Plasser", "open", "staging.places", "keep_vintages = true"),
    ("pupils", "Elever", "restricted", "restricted.pupils", ""),
    ("offers", "Tilbud", "open", "staging.offers", ""),
)
_HEADER = """-- {name}
-- Grain: one row per {grain}
-- Key: {key}
-- Unit: units
-- Sources: {sources}
"""
_SQL = (
    (
        "staging.places",
        "school, vintage",
        "raw.places_vintages",
        "SELECT school, vintage, figure::INTEGER AS places FROM raw.places_vintages",
    ),
    (
        "restricted.pupils",
        "school",
        "raw.pupils",
        "SELECT school, figure::INTEGER AS pupils FROM raw.pupils",
    ),
    (
        "staging.offers",
        "school",
        "raw.offers",
        "SELECT school, figure::INTEGER AS offers FROM raw.offers",
    ),
    (
        "staging.vacancy",
        "position",
        "raw.vacancies",
        "SELECT position, uuid, status FROM raw.vacancies",
    ),
    (
        "mart.coverage",
        "school, vintage",
        "staging.places, staging.offers, reference.names",
        "SELECT p.school, p.vintage, n.name, p.places / 3.0::DOUBLE AS thirds, o.offers "
        "FROM staging.places AS p INNER JOIN reference.names AS n ON p.school = n.school "
        "LEFT JOIN staging.offers AS o ON p.school = o.school",
    ),
    (
        "mart.told",
        "form",
        "journal.form_submission",
        "SELECT form, count(*) AS submissions FROM journal.form_submission GROUP BY form",
    ),
)
_SUITES = {
    "staging.places": """
  - type: expect_column_values_to_be_between
    arguments: {column: places, max_value: 100}
    severity: warn
    reason: Så store skoler finnes ikke.
    owner: inntak
    origin: test
  - type: drift_from_previous_vintage
    severity: warn
    reason: Tallene har flyttet seg.
    owner: inntak
    origin: test
""",
    "staging.offers": """
  - type: expect_column_values_to_be_between
    arguments: {column: offers, min_value: 0}
    severity: block
    reason: Tilbud er ikke negative.
    owner: inntak
    origin: test
""",
}
FILES: dict[int, dict[str, bytes]] = {
    EVE: {
        "places.csv": b"school;figure\nA;29\nB;44\n",
        "pupils.csv": b"school;figure\nA;27\nB;2\n",
        "offers.csv": b"school;figure\nA;1\nB;2\n",
    },
    0: {
        "places.csv": b"school;figure\nA;30\nB;45\n",
        "pupils.csv": b"school;figure\nA;28\nB;3\n",
        "offers.csv": b"school;figure\nA;2\nB;3\n",
    },
    1: {
        "places.csv": b"school;figure\nA;31\nB;145\n",  # a warning
        "pupils.csv": b"school;figure\nA;29\nB;4\n",
        "offers.csv": b"school;figure\nA;-2\nB;4\n",  # held back
    },
    2: {
        "places.csv": b"school;figure\nA;32\nB;46\n",
        "pupils.csv": b"school;figure\nA;30\nB;5\n",
        "offers.csv": b"school;figure\nA;5\nB;6\n",
    },
}


@dataclass
class World:
    """What is outside an installation.

    Attributes:
        project: Catalogue, SQL, suites and reference.
        files: What the county's server answers, by path.
        words: What people have sent in, for `tasks.demo.said.lay`.
        feed: The folder of the log.
        server: The server of the log.
        odd: What it answers on every night instead; None where it does not.
        down: Whether nothing answers.
        held: The county's server answers when this is set.
    """

    project: Project
    words: Path
    feed: Path
    server: Server
    files: dict[str, bytes] = field(default_factory=dict)
    odd: dict[str, bytes | None] = field(default_factory=dict)
    down: bool = False
    held: threading.Event = field(default_factory=threading.Event)

    def at(self, number: int) -> date:
        """Be as on a night, and give its date."""
        answers: dict[str, bytes | None] = {**FILES[number], **self.odd}
        self.files = {name: content for name, content in answers.items() if content is not None}
        (self.feed / "log.jsonl").write_bytes(b"".join(LOG[: LOG_LINES[number]]))
        return NIGHTS[number]


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Servers on loopback and a project that asks them."""
    feed = folder / "source" / "nav_feed"
    feed.mkdir(parents=True)
    (feed / "details.jsonl").write_bytes((SAMPLE / "nav_feed" / "details.jsonl").read_bytes())
    with serve(folder / "source") as server:
        made = World(Project(folder / "project"), _words(folder), feed, server)
        with _county(made) as address:
            _write_project(made.project, address, server.url)
            made.at(EVE)
            made.held.set()
            yield made


@contextmanager
def _county(made: World) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        wbufsize = -1

        def do_GET(self) -> None:
            made.held.wait()
            content = None if made.down else made.files.get(self.path.strip("/"))
            self.send_response(503 if content is None else 200)
            self.send_header("Content-Type", "text/csv")
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: Any) -> None:
            pass

    class Quiet(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A client that is killed is no error of ours."""

    server = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _words(folder: Path) -> Path:
    """The first words of each kind of the bundled sample."""
    lines = (SAMPLE / "said" / "entries.jsonl").read_text(encoding="utf-8").splitlines()
    first = {kind: next(x for x in lines if json.loads(x)["kind"] == kind) for kind in WORDS}
    _write(folder / "words" / "said" / "entries.jsonl", "\n".join(first.values()) + "\n")
    return folder / "words"


def _write_project(project: Project, county: str, feed: str) -> None:
    entries = [
        _DATASET.format(name=name, title=title, sensitivity=kept, table=table, more=more)
        for name, title, kept, table, more in _DATASETS
    ]
    _write(project.catalogue / "county.toml", _CATALOGUE.format(base=county) + "".join(entries))
    entry = (CHECKOUT / "data" / "catalogue" / "nav_feed.toml").read_text(encoding="utf-8")
    for old, new in (
        ("https://pam-stilling-feed.nav.no", f"{feed}/nav_feed"),
        ("nav_feed_vacancies", "vacancies"),
        ("page_size = 1000", "page_size = 4"),
        ("calls = 120, per_seconds = 60", "calls = 10000, per_seconds = 1"),
        ("concurrency = 1", "concurrency = 1\nattempts = 1"),
        ("freshness_days = 10", "freshness_days = 3000"),
    ):
        assert old in entry
        entry = entry.replace(old, new)
    _write(project.catalogue / "nav_feed.toml", entry)
    for name, key, sources, select in _SQL:
        schema, _, table = name.partition(".")
        folder = {"mart": "marts"}.get(schema, schema)
        head = _HEADER.format(name=name, grain=key, key=key, sources=sources)
        _write(project.sql / folder / f"{table}.sql", f"{head}{select}\n")
    for name, suite in _SUITES.items():
        schema, _, table = name.partition(".")
        text = f"table: {name}\nexpectations:{suite}"
        _write(project.expectations / schema / f"{table}.yaml", text)
    for kind in (CHECKOUT / "expectations" / "kinds").glob("*.sql"):
        _write(project.expectations / "kinds" / kind.name, kind.read_text(encoding="utf-8"))
    _write(project.reference / "names.csv", "school,name\nA,Adolf Øien\nB,Byåsen\n")
    rules = (CHECKOUT / "data" / "reference" / "profile.toml").read_text(encoding="utf-8")
    _write(project.reference / "profile.toml", rules)
    kept = (CHECKOUT / "data" / "reference" / "retention.toml").read_text(encoding="utf-8")
    assert "every_night_days = 400" in kept
    kept = kept.replace("every_night_days = 400", "every_night_days = 31")
    _write(project.reference / "retention.toml", kept)
    policy = (CHECKOUT / "data" / "reference" / "alerts.toml").read_text(encoding="utf-8")
    _write(project.reference / "alerts.toml", policy.replace("fylket.invalid", "fylket.example"))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
