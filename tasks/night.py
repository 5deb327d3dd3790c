"""The night, stage by stage, as plain functions: begin, land, parse, build and publish.

A flow calls them one by one, each dataset's landing and parsing beside the others', all under
`locks.night_lock`. Nothing that people read changes before the last line of `build`.
"""

from __future__ import annotations

import hashlib
import inspect
import secrets
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from tasks import alerts, audit, catalogue, warehouse
from tasks import sources as protocols
from tasks.alerts import Finding
from tasks.assembly import Assembly, Vintage, assemble
from tasks.catalogue import Catalogue, Dataset, Publisher
from tasks.errors import ConfigurationError, NotFound, TilbudsplanError
from tasks.journal import Journal
from tasks.landing import Landing
from tasks.settings import Project, Rooms, Settings, oslo_today
from tasks.sources import transport


@dataclass(frozen=True)
class Night:
    """One night; small and picklable, so that a flow can hand it to its tasks.

    Attributes:
        id: UTC time of its start and four random digits: the build file's name.
        as_of: Oslo date of the night.
        rooms: Where everything is kept.
        project: Catalogue, SQL, suites and reference data.
        project_snapshot: Those files as landed.
        profile: `live`, or a profile of the catalogue.
        source_server: What the profile's addresses point to.
    """

    id: str
    as_of: date
    rooms: Rooms
    project: Project
    project_snapshot: str
    profile: str
    source_server: str | None

    @property
    def landing(self) -> Landing:
        """Where answers are kept."""
        return Landing(self.rooms.landing)

    @property
    def journal(self) -> Journal:
        """What cannot be recomputed."""
        return Journal(self.rooms.journal)

    @property
    def catalogue(self) -> Catalogue:
        """The declared datasets."""
        return _catalogue(self.project.catalogue, self.profile, self.source_server)

    @property
    def file(self) -> Path:
        """The night's own database."""
        return self.rooms.build / f"{self.id}.duckdb"


@dataclass(frozen=True)
class Candidate:
    """What came of landing and parsing a dataset.

    Attributes:
        dataset: The dataset's id.
        snapshot: The new snapshot, or None where none can be used.
        kind: `fetch` or `parse` where that failed.
        reason: Why, in Norwegian.
    """

    dataset: str
    snapshot: str | None
    kind: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What a night came to.

    Attributes:
        night: Its id.
        as_of: Its Oslo date.
        vintages: What each dataset stands on.
        skipped: Tables that were not built, and why.
        findings: What is open after the night.
        tables: Number of published tables.
    """

    night: str
    as_of: date
    vintages: tuple[Vintage, ...]
    skipped: dict[str, str]
    findings: tuple[Finding, ...]
    tables: int


def begin(settings: Settings, as_of: date | None = None, project: Project | None = None) -> Night:
    """Start a night: check the home, sweep up after a killed one, land the project's files.

    Raises:
        ConfigurationError: the home belongs to another profile.
        CatalogueError: the catalogue has mistakes.
    """
    rooms, project = settings.rooms, project or Project()
    as_of = as_of or oslo_today()
    _stamp(rooms, settings.profile)
    _catalogue.cache_clear()
    _catalogue(project.catalogue, settings.profile, settings.source_server)
    _sweep(rooms)
    landed = Landing(rooms.landing).land_project(project, as_of)
    night = Night(
        id=f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}",
        as_of=as_of,
        rooms=rooms,
        project=project,
        project_snapshot=landed.snapshot,
        profile=settings.profile,
        source_server=settings.source_server,
    )
    night.journal.append("night.begun", {"night": night.id, "as_of": as_of.isoformat()})
    return night


def land_dataset(night: Night, dataset_id: str, *, ignore_windows: bool = False) -> str:
    """Fetch a dataset and land its answers.

    Returns:
        The snapshot's id.

    Raises:
        SourceUnavailable: the source did not answer; trying again may help.
        SourceChanged: it answered something else than agreed.
    """
    dataset = _dataset(night, dataset_id)
    module = protocols.protocol(dataset.protocol)
    client = _client(dataset.publisher, ignore_windows)
    base_url = dataset.publisher.base_url
    try:
        answers = list(module.fetch(client, base_url, dataset.selection, night.as_of))
        updated = module.updated(answers)
    except TilbudsplanError as error:
        raise error.about(dataset_id) from error.__cause__
    return night.landing.land(dataset_id, night.as_of, answers, updated).snapshot


def parse_snapshot(night: Night, dataset_id: str, snapshot: str, *, full: bool = False) -> Path:
    """Parse a landed snapshot to Parquet, unless these bytes were parsed by this code before.

    Args:
        night: The night.
        dataset_id: The dataset.
        snapshot: Its snapshot.
        full: Parse anew in any case.

    Returns:
        The folder of Parquet files, one per table of the protocol.

    Raises:
        SourceChanged: the answers are not what the protocol says.
        LandingCorrupt: they are not what landed.
    """
    dataset = _dataset(night, dataset_id)
    module = protocols.protocol(dataset.protocol)
    made_by = hashlib.sha256(f"{_code()}{dataset.selection!r}".encode()).hexdigest()
    folder = night.rooms.parsed / dataset_id / f"{snapshot[:32]}-{made_by[:16]}"
    if folder.is_dir() and not full:
        return folder
    try:
        landed = night.landing.get(dataset_id, snapshot)
        frames = module.parse(night.landing.answers(landed), dataset.selection)
    except TilbudsplanError as error:
        raise error.about(dataset_id) from error.__cause__
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".parsing-", dir=folder.parent))
    for name, frame in frames.items():
        warehouse.write_parquet(frame, made / f"{name}.parquet")
    shutil.rmtree(folder, ignore_errors=True)
    made.replace(folder)
    return folder


def refused(dataset_id: str, kind: str, error: TilbudsplanError) -> Candidate:
    """The candidate of a dataset that could not be landed or parsed."""
    return Candidate(dataset_id, None, kind, str(error))


def build(night: Night, candidates: Iterable[Candidate]) -> Outcome:
    """Build the night in a file of its own, and publish it.

    Datasets that are not among the candidates stand where they stood last night.

    Raises:
        ConfigurationError: SQL, suites or reference data are wrong; nothing is published.
        ValidationFailed: a mart does not hold; nothing is published.
    """
    vintages = _choose(night, candidates)
    assembly = _assemble(night, vintages, night.file, fall_back=True)
    con = assembly.con
    try:
        found = audit.write(assembly, night.landing, night.id, night.profile)
        vintages = assembly.vintages
        _journal_built(night, vintages)
        findings = alerts.record(night.journal, night.id, found)
        tables = len(warehouse.tables(con)) - len(warehouse.tables(con, warehouse.CLOSED_SCHEMAS))
        warehouse.publish(con, night.file, night.rooms)
    finally:
        con.close()
    night.journal.append("night.published", {"night": night.id, "tables": tables})
    return Outcome(
        night.id,
        night.as_of,
        tuple(vintages.values()),
        assembly.skipped,
        tuple(findings),
        tables,
    )


def fail(night: Night, error: BaseException) -> None:
    """Write down that a night came to nothing, and why."""
    night.journal.append("night.failed", {"night": night.id, "reason": str(error)})


def rebuild(settings: Settings, as_of: date) -> Path:
    """Build a past night again, offline, from landing and under that night's own rules.

    Returns:
        `asof/<date>.duckdb`, every schema in it. What is published is not touched.

    Raises:
        NotFound: no night was built on or before the date.
        ConfigurationError: this version of the program cannot read what that night read.
    """
    rooms = settings.rooms
    record = _built_nights(Journal(rooms.journal), as_of)
    _stamp(rooms, settings.profile)
    then = date.fromisoformat(record["as_of"])
    rooms.asof.mkdir(parents=True, exist_ok=True)
    target = rooms.asof / f"{as_of.isoformat()}.duckdb"
    with tempfile.TemporaryDirectory(prefix=".rebuild-", dir=rooms.asof) as folder:
        landing = Landing(rooms.landing)
        project = landing.materialise_project(then, Path(folder), record["project"])
        night = Night(
            record["night"], then, rooms, project, record["project"], record["profile"], None
        )
        vintages = {name: Vintage(name, **chosen) for name, chosen in record["vintages"].items()}
        file = Path(folder) / "build.duckdb"
        assembly = _assemble(night, dict(vintages), file, fall_back=False)
        try:
            audit.write(assembly, landing, night.id, night.profile)
        finally:
            assembly.con.close()
        _refuse_difference(vintages, assembly.vintages)
        file.replace(target)
    return target


def last_good(journal: Journal) -> dict[str, Vintage]:
    """What each dataset stood on in the last night that was built; none where there is none."""
    nights = journal.entries("night.built")
    if not nights:
        return {}
    vintages = nights[-1].payload["vintages"]
    return {name: Vintage(name, **chosen) for name, chosen in vintages.items()}


def _choose(night: Night, candidates: Iterable[Candidate]) -> dict[str, Vintage]:
    """What to try first for every dataset: the candidate, or what stood last night."""
    before = last_good(night.journal)
    tried = {candidate.dataset: candidate for candidate in candidates}
    chosen = {}
    for dataset in night.catalogue:
        old = before.get(dataset.id) or Vintage(dataset.id, None)
        new = tried.get(dataset.id)
        if new is None:
            chosen[dataset.id] = old
        else:
            snapshot = new.snapshot or old.snapshot
            chosen[dataset.id] = Vintage(dataset.id, snapshot, new.kind, new.reason)
    return chosen


def _assemble(
    night: Night, vintages: dict[str, Vintage], file: Path, *, fall_back: bool
) -> Assembly:
    good = last_good(night.journal) if fall_back else {}

    def last(dataset_id: str) -> str | None:
        return good[dataset_id].snapshot if dataset_id in good else None

    con = warehouse.open_build(file)
    assembly = Assembly(
        con=con,
        catalogue=night.catalogue,
        project=night.project,
        as_of=night.as_of,
        parsed=lambda dataset_id, snapshot: parse_snapshot(night, dataset_id, snapshot),
        last_good=last,
        vintages=vintages,
    )
    try:
        assemble(assembly)
    except BaseException:
        con.close()
        raise
    return assembly


def _journal_built(night: Night, vintages: dict[str, Vintage]) -> None:
    plain = {name: asdict(vintage) for name, vintage in vintages.items()}
    for vintage in plain.values():
        del vintage["dataset"]
    night.journal.append(
        "night.built",
        {
            "night": night.id,
            "as_of": night.as_of.isoformat(),
            "profile": night.profile,
            "project": night.project_snapshot,
            "vintages": plain,
        },
    )


def _built_nights(journal: Journal, as_of: date) -> dict[str, Any]:
    """The last night that was built on or before a date."""
    nights = [
        entry.payload
        for entry in journal.entries("night.built")
        if date.fromisoformat(entry.payload["as_of"]) <= as_of
    ]
    if not nights:
        raise NotFound(
            subject=as_of.isoformat(),
            expected="en natt som ble bygget senest denne datoen",
            got="ingen i journalen",
            remedy="velg en senere dato; «tilbudsplan status» viser siste natt",
        )
    return nights[-1]


def _refuse_difference(then: dict[str, Vintage], now: dict[str, Vintage]) -> None:
    for name, vintage in then.items():
        if now[name] != vintage:
            raise ConfigurationError(
                subject=name,
                expected=f"å kunne lese øyeblikksbildet {str(vintage.snapshot)[:12]} som da",
                got=now[name].reason or "et annet øyeblikksbilde",
                remedy="bruk programversjonen fra den datoen",
            )


def _stamp(rooms: Rooms, profile: str) -> None:
    """Tie the home to its profile: sample figures must never stand in for live ones."""
    rooms.home.mkdir(parents=True, exist_ok=True)
    stamp = rooms.home / "profile"
    if not stamp.exists():
        stamp.write_text(profile, encoding="utf-8")
    found = stamp.read_text(encoding="utf-8").strip()
    if found != profile:
        raise ConfigurationError(
            subject=str(rooms.home),
            expected=f"en mappe for profilen «{profile}»",
            got=f"en mappe for profilen «{found}»",
            remedy="sett TILBUDSPLAN_HOME til en annen mappe, eller TILBUDSPLAN_PROFILE til "
            f"«{found}»",
        )


def _sweep(rooms: Rooms) -> None:
    """Remove what a killed night left behind."""
    rooms.build.mkdir(parents=True, exist_ok=True)
    for file in rooms.build.iterdir():
        file.unlink()
    for folder in [*rooms.parsed.glob("*/.parsing-*"), *rooms.asof.glob(".rebuild-*")]:
        shutil.rmtree(folder, ignore_errors=True)
    for blob in rooms.landing.glob("blobs/*/*.tmp"):
        blob.unlink()


def _dataset(night: Night, dataset_id: str) -> Dataset:
    return night.catalogue.select([dataset_id])[0]


@cache
def _catalogue(folder: Path, profile: str, source_server: str | None) -> Catalogue:
    return catalogue.load(folder, profile, source_server)


@cache
def _client(publisher: Publisher, ignore_windows: bool) -> transport.Client:
    """One client per publisher and process: its rate holds however many datasets ask."""
    return transport.Client(
        publisher=publisher.id,
        rate=transport.Rate(publisher.rate.calls, publisher.rate.per_seconds),
        closed=[transport.Window(w.start, w.end, w.reason) for w in publisher.closed],
        timezone=publisher.timezone,
        connect_timeout_seconds=publisher.connect_timeout_seconds,
        read_timeout_seconds=publisher.read_timeout_seconds,
        attempts=publisher.attempts,
        max_answer_bytes=publisher.max_answer_bytes,
        concurrency=publisher.concurrency,
        ignore_windows=ignore_windows,
    )


@cache
def _code() -> str:
    """A hash of all code that parses: a protocol module may lean on its neighbours."""
    room = Path(inspect.getfile(protocols)).parent
    digest = hashlib.sha256()
    for file in sorted(room.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
