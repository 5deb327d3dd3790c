"""Where damaged answers are tried: an installation after a good night, and the source server."""

from __future__ import annotations

import re
import shutil
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import corpus_project
import polars as pl
from corpus_damages import Damage
from corpus_source import Case, Damages, Spot

from tasks import night, transform, warehouse
from tasks.demo.server import Server, serve
from tasks.errors import ProgramFault, TilbudsplanError
from tasks.settings import Project, Settings, oslo_today

# Late enough for no source to be believed when it says that nothing is new.
LATER = timedelta(days=2)
# Where an answer came to a stop, in the order of its way.
TRANSPORT, LANDING, PARSE, STAGING, SUITE = "transport", "landing", "parse", "staging", "suite"
# Used all the same: it gives the right figures; what is wrong is left out and stands as unknown; a
# warning is told; nothing tells that it is wrong.
HARMLESS, LEFT_OUT, WARNED, MART = "harmless", "left out", "warned", "mart"
STOPS = (TRANSPORT, LANDING, PARSE, STAGING, SUITE, HARMLESS, LEFT_OUT, WARNED, MART)
NOTHING = Damage("nothing", "none")
LONGEST_REFUSAL = 6_000
Tables = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Came:
    """What came of one damaged answer.

    Attributes:
        stop: Where it was stopped; None where it was parsed into something else than the right
            answer, so that a night must tell.
        error: The refusal.
        frames: What it was parsed into.
    """

    stop: str | None
    error: TilbudsplanError | None = None
    frames: Tables = field(default_factory=dict, repr=False)


@dataclass
class Desk:
    """An installation after a good night.

    Attributes:
        server: The source server.
        project: The project.
        home: The home as the good night left it; never written to.
        begun: A night that was begun after it, in a copy.
        right: What a night of that day publishes when every answer is right.
        known: What such a night finds all the same, by dataset and what it is about.
    """

    server: Server
    project: Project
    home: Path
    begun: night.Night
    persons: bytes
    right: Tables
    known: set[tuple[str, str]]
    parsed: dict[str, Tables] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    beside: dict[str, Tables] = field(default_factory=dict)

    def tried(self, case: Case) -> Came:
        """Send a damaged answer through the real client, landing and parser."""
        right = self._read_right(case.spot)
        _put_back(self.home, self.begun.rooms.home)
        with self.damaged([case]):
            return self._tried(case, right)

    def right_body(self, spot: Spot) -> bytes:
        """What the source answers when nothing is wrong."""
        if spot.protocol == "person_file":
            return self.persons
        if str(spot) not in self.bodies:
            case = Case(spot, NOTHING)
            _put_back(self.home, self.begun.rooms.home)
            with self.damaged([case]) as damages:
                night.land_dataset(self.begun, spot.dataset)
            self.bodies[str(spot)] = damages.right[str(case)].body
        return self.bodies[str(spot)]

    def _read_right(self, spot: Spot) -> Tables:
        """What the right answer is parsed into, beside what must be changed to ask for it."""
        name = str(spot) if spot.alone else spot.dataset
        if name not in self.parsed:
            _put_back(self.home, self.begun.rooms.home)
            with self.damaged([Case(spot, NOTHING)]):
                snapshot = night.land_dataset(self.begun, spot.dataset)
                folder = night.parse_landed(self.begun, spot.dataset, snapshot)
            self.parsed[name] = tables_of(folder)
        return self.parsed[name]

    def _tried(self, case: Case, right: Tables) -> Came:
        dataset = case.spot.dataset
        where = LANDING
        try:
            snapshot = night.land_dataset(self.begun, dataset)
            where = PARSE
            folder = night.parse_landed(self.begun, dataset, snapshot)
        except TilbudsplanError as error:
            return Came(TRANSPORT if _in_transport(error) else where, error)
        frames = tables_of(folder)
        same = frames.keys() == right.keys() and all(frames[n].equals(right[n]) for n in frames)
        return Came(HARMLESS if same else None, None, frames)

    @contextmanager
    def damaged(self, cases: Sequence[Case]) -> Iterator[Damages]:
        damages = Damages(cases)
        self.server.faults = damages
        inbox = self.begun.rooms.inbox / "vigo"
        for case in cases:
            if case.spot.protocol == "person_file" and case.damage.change:
                inbox.mkdir(parents=True, exist_ok=True)
                (inbox / case.spot.answer).write_bytes(case.damage.change(self.persons))
        try:
            yield damages
        finally:
            self.server.faults = Damages()
            for case in cases:
                (inbox / case.spot.answer).unlink(missing_ok=True)
        missed = [str(case) for case in cases if str(case) not in damages.hits]
        assert all(case.spot.protocol == "person_file" for case in cases if str(case) in missed), (
            f"never asked for: {missed}"
        )

    def right_beside(self, spot: Spot) -> Tables:
        """The right content where other answers were changed for this one to be asked for."""
        if not spot.alone:
            return self.right
        if str(spot) not in self.beside:
            self.beside[str(spot)] = self.night([Case(spot, NOTHING)])[1]
        return self.beside[str(spot)]

    def typed_of(self, dataset: str) -> list[transform.Table]:
        """The typed tables that are made of a dataset's rows."""
        raw = re.compile(rf"raw\.{dataset}(_|$)")
        tables = transform.read_project(self.project.sql)
        return [t for t in tables if any(raw.match(source) for source in t.sources)]

    def night(self, cases: Sequence[Case]) -> tuple[night.Outcome, Tables]:
        """A whole night in which these answers are damaged, in a home of its own."""
        home = self.begun.rooms.home
        shutil.rmtree(home)
        shutil.copytree(self.home, home)
        settings = corpus_project.settings_of(home, self.server)
        with self.damaged(cases):
            outcome = corpus_project.one_night(settings, self.project, self.begun.as_of)
        return outcome, content_of(settings)


def _in_transport(error: BaseException) -> bool:
    """Whether the client gave up, before any protocol saw an answer."""
    files = {Path(frame.filename).name for frame in traceback.extract_tb(error.__traceback__)}
    return bool(files & {"transport.py", "body.py"})


def _put_back(good: Path, home: Path) -> None:
    """Make landing what it was after the good night; blobs that no manifest names do no harm."""
    for file in (good / "landing" / "manifest").iterdir():
        shutil.copy(file, home / "landing" / "manifest" / file.name)


def tables_of(folder: Path | None) -> Tables:
    """The Parquet files of a parsed snapshot."""
    assert folder is not None
    return {file.stem: pl.read_parquet(file) for file in sorted(folder.glob("*.parquet"))}


def content_of(settings: Settings) -> Tables:
    """Everything that a night made of its sources: marts, closed and typed tables.

    Rows in a fixed order; without the columns that say on which day the newest answer landed.
    """
    with warehouse.connect_internal(settings.rooms) as con:
        names = [
            name
            for name in warehouse.tables(con)
            if name.startswith(("mart.", "closed.", "staging.", "restricted."))
        ]
        frames = {
            name: con.sql(f"select * from {warehouse.quote(name)} order by all").pl()
            for name in names
        }
    return {name: frame.drop("as_of", "listed_on", strict=False) for name, frame in frames.items()}


def is_a_refusal(error: TilbudsplanError, dataset: str) -> bool:
    """Whether a planner can act on it: it names the dataset, what was expected, what to do."""
    return (
        not isinstance(error, ProgramFault)
        and str(error).startswith(dataset)
        and len(error.expected) > 3
        and len(error.got) > 0
        and len(error.remedy) > 10
        and len(str(error)) < LONGEST_REFUSAL
    )


@contextmanager
def desk(folder: Path) -> Iterator[Desk]:
    """Make an installation and give it its good night."""
    project = corpus_project.make(folder / "project")
    today: date = oslo_today()
    with serve() as server:
        settings = corpus_project.settings_of(folder / "good", server)
        persons = corpus_project.lay_persons(settings)
        _must_stand(corpus_project.one_night(settings, project, today))
        right = shutil.copytree(folder / "good", folder / "right")
        settings = corpus_project.settings_of(right, server)
        outcome = corpus_project.one_night(settings, project, today + LATER)
        _must_stand(outcome)
        known = {(f.dataset, f.about) for f in outcome.findings}
        content = content_of(settings)
        home = shutil.copytree(folder / "good", folder / "home")
        begun = night.begin(corpus_project.settings_of(home, server), today + LATER, project)
        yield Desk(server, project, folder / "good", begun, persons, content, known)


def _must_stand(outcome: night.Outcome) -> None:
    assert not [v for v in outcome.vintages if v.reason], outcome.vintages
