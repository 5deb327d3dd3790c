"""Data Docs: what was demanded of each table on a night and how it went, as pages on disk.

    <home>/datadocs/index.html              the nights
    <home>/datadocs/<date>/index.html       one night: what failed first, then every table
    <home>/datadocs/<date>/<table>.html     one table: each expectation, its rule, its last nights

Great Expectations has a builder of such pages; its pages are English and fetch style and scripts
from the net, so these are drawn from the audit tables instead.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks import dates, heads, history, warehouse
from tasks.alerts import words
from tasks.errors import NotFound
from tasks.quality.results import WATCHES_FOR

if TYPE_CHECKING:
    import duckdb
    import jinja2

    from tasks.settings import Rooms

_ROOM = Path(__file__).parent
_STYLE = "data_docs.css"
NIGHTS_SHOWN = 30
ROWS_SHOWN = 5
# Rows of these tables are about few people: they are counted, and not shown.
_ABOUT_PERSONS = ("restricted.", "closed.")
_QUERY = "unexpected_rows_query"
# What is told of the rule of a table that was not built.
_UNKNOWN = {"expectation": "", "arguments": "{}", "severity": "block", "origin": None}


@dataclass(frozen=True)
class State:
    """How an expectation can stand: what a reader sees first has the lowest rank."""

    rank: int
    name: str
    told: str


STATES = {
    "block": State(0, "stopper", "nye tall holdes tilbake"),
    "warn": State(1, "advarsel", "publisert, men noen må se på det"),
    "released": State(2, "frigitt", "publisert fordi noen har frigitt det"),
    "holds": State(3, "holder", "som det skal være"),
}


@dataclass(frozen=True)
class Check:
    """One expectation and how it went.

    Attributes:
        facts: Its row of `audit.validation` or, where `held`, of `audit.quarantine`.
        state: A key of `STATES`.
        held: It is about a snapshot that is held back, and not about what is published.
        nights: Its last nights, oldest first: the date and whether it held.
    """

    facts: dict[str, Any]
    state: str
    held: bool = False
    nights: tuple[tuple[date, bool], ...] = ()

    @property
    def anchor(self) -> str:
        """What a link names: stable as long as the expectation demands the same."""
        return f"h-{self.facts['key']}" if self.held else str(self.facts["key"])

    @property
    def query(self) -> str | None:
        """The rule as SQL, where it is a query of its own."""
        found = self._arguments().get(_QUERY)
        return str(found).strip() if found else None

    @property
    def rule(self) -> str:
        """The rule as Great Expectations names it."""
        told = {k: json.dumps(v, ensure_ascii=False) for k, v in self._arguments().items()}
        listed = ", ".join(f"{name} = {value}" for name, value in told.items())
        return f"{self.facts.get('expectation', '')} {listed}".strip()

    @property
    def sample(self) -> list[dict[str, Any]]:
        """The first rows against it, of what is held back or of what is published."""
        found = json.loads(self.facts.get("unexpected") or "[]")
        rows = self.facts["rows"] if self.held else found
        return rows if rows and isinstance(rows[0], dict) else []

    def _arguments(self) -> dict[str, Any]:
        return dict(json.loads(self.facts.get("arguments") or "{}"))


@dataclass
class Page:
    """One table's checks.

    Attributes:
        table: `schema.table`.
        title: Its title in Norwegian, or its name.
        checks: What was demanded of it, what failed first.
    """

    table: str
    title: str
    checks: list[Check] = field(default_factory=list)

    def count(self, state: str) -> int:
        """How many of its checks are in a state."""
        return sum(check.state == state for check in self.checks)

    def holds_back(self, check: Check) -> bool:
        """Whether newer figures break the same demand."""
        return any(one.held and one.facts["key"] == check.facts["key"] for one in self.checks)

    @property
    def worst(self) -> str:
        """The state that a reader should know of first."""
        return min((check.state for check in self.checks), key=lambda s: STATES[s].rank)


def write(rooms: Rooms) -> Path:
    """Write the pages of the published night, in place of earlier ones of its date.

    Returns:
        The night's page.

    Raises:
        NotFound: no night has been published.
    """
    with warehouse.connect_internal(rooms) as con:
        ((as_of, profile),) = con.execute("select as_of, profile from audit.night").fetchall()
        pages = _pages(con)
        vintages = warehouse.frame(con, "from audit.vintage where stale order by title").to_dicts()
    folder: Path = rooms.docs / as_of.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    sample = profile != "live"
    drawn = {
        f"{page.table}.html": _draw("table", sample=sample, page=page, as_of=as_of)
        for page in pages
    }
    drawn["index.html"] = _draw(
        "night",
        sample=sample,
        pages=pages,
        as_of=as_of,
        stale=vintages,
        failed=_failed(pages),
        counts={state: sum(page.count(state) for page in pages) for state in STATES},
    )
    for name, text in drawn.items():
        _replace(folder / name, text)
    for gone in {file.name for file in folder.glob("*.html")} - drawn.keys():
        (folder / gone).unlink()
    write_index(rooms)
    return folder / "index.html"


def write_index(rooms: Rooms) -> None:
    """Write the list of the nights that have pages, and the newest one's tables with counts.

    Nights that are pruned leave it.
    """
    folder = rooms.docs
    sample = rooms.tied_to() not in {None, "live"}
    nights = sorted((f.parent.name for f in folder.glob("*/index.html")), reverse=True)
    listed = [date.fromisoformat(name) for name in nights]
    pages = _newest(rooms, listed[0]) if listed else []
    _replace(folder / "index.html", _draw("nights", sample=sample, nights=listed, pages=pages))


def _newest(rooms: Rooms, night: date) -> list[Page]:
    """The tables of the published night, where its pages are the newest."""
    with suppress(NotFound), warehouse.connect_internal(rooms) as con:
        ((as_of,),) = con.execute("select as_of from audit.night").fetchall()
        return _pages(con) if as_of == night else []
    return []


def _pages(con: duckdb.DuckDBPyConnection) -> list[Page]:
    titles = _titles(con)
    past = _past(con)
    results = {(r["table_name"], r["key"]): r for r in _records(con, "audit.validation")}
    checks = []
    for facts in _records(con, "audit.quarantine"):
        key = (facts["table_name"], facts["key"])
        if facts["key"]:
            nights = past.get((*key, True), ())
            rule = results.get(key, _UNKNOWN)
            rows = _rows(con, facts)
            checks.append(Check(rule | facts | {"rows": rows}, "block", held=True, nights=nights))
    for key, facts in results.items():
        # What blocks and was published all the same, somebody has released.
        failed = "released" if facts["severity"] == "block" else facts["severity"]
        state = "holds" if facts["success"] else failed
        checks.append(Check(facts, state, nights=past.get((*key, False), ())))
    pages: dict[str, Page] = {}
    for check in sorted(checks, key=lambda check: STATES[check.state].rank):
        table = check.facts["table_name"]
        pages.setdefault(table, Page(table, titles.get(table) or table)).checks.append(check)
    return [pages[name] for name in sorted(pages)]


def _rows(con: duckdb.DuckDBPyConnection, facts: dict[str, Any]) -> list[dict[str, Any]]:
    """The first rows that are held back; none of tables about persons."""
    if facts["table_name"].startswith(_ABOUT_PERSONS):
        return []
    found = con.execute(
        'select "row" from quarantine.row where dataset = ? and table_name = ? and "key" = ? '
        f"order by position limit {ROWS_SHOWN}",
        [facts["dataset"], facts["table_name"], facts["key"]],
    ).fetchall()
    return [json.loads(text) for (text,) in found]


def _titles(con: duckdb.DuckDBPyConnection) -> dict[str, str | None]:
    """What tables are called: marts by their own title, typed ones by their dataset's."""
    datasets = con.execute("select table_name, title from audit.vintage").fetchall()
    marts = con.execute(
        "select table_name, title from audit.table where title is not null"
    ).fetchall()
    return dict(datasets) | dict(marts)


def _past(
    con: duckdb.DuckDBPyConnection,
) -> dict[tuple[str, str, bool], tuple[tuple[date, bool], ...]]:
    found: dict[tuple[str, str, bool], list[tuple[date, bool]]] = {}
    rows = con.execute(
        f'select table_name, "key", held, as_of, success from {history.TABLE} order by as_of'
    ).fetchall()
    for table, key, held, as_of, success in rows:
        found.setdefault((table, key, held), []).append((as_of, success))
    return {key: tuple(nights[-NIGHTS_SHOWN:]) for key, nights in found.items()}


def _failed(pages: Iterable[Page]) -> list[tuple[Page, Check]]:
    """What does not hold, what stops first."""
    found = [(page, check) for page in pages for check in page.checks if check.state != "holds"]
    return sorted(found, key=lambda pair: (STATES[pair[1].state].rank, pair[0].table))


def _records(con: duckdb.DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    found = con.execute(f"from {table}")
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


# Compiling templates takes longer than drawing the pages of a small night.
@cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_ROOM / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["day"] = dates.day
    environment.filters["owner"] = words.owner
    environment.filters["head"] = heads.head
    environment.filters["sentence"] = lambda text: text[:1].upper() + text[1:]
    environment.filters["rows"] = lambda n: "1 rad" if n == 1 else f"{n} rader"
    environment.globals |= {"states": STATES, "watches_for": WATCHES_FOR}
    return environment


def _draw(name: str, *, sample: bool, **told: object) -> str:
    """A page; `sample`: it says that the figures are those of the sample."""
    style = (_ROOM / _STYLE).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    template = _environment().get_template(f"data_docs_{name}.html.j2")
    return template.render(style=style, digest=digest, sample=sample, **told)


def _replace(file: Path, text: str) -> None:
    half = file.with_suffix(".part")
    half.write_text(text, encoding="utf-8")
    half.replace(file)
