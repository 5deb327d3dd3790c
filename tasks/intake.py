"""One dataset's part of a night: fetch, land, parse. Datasets go side by side, each on its own."""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from traceback import extract_tb
from typing import Any

from polars.exceptions import PanicException

from tasks import catalogue, disk, nights, parsed, persons, suspects, warehouse
from tasks import sources as protocols
from tasks.assembly import AWAITED
from tasks.catalogue import Catalogue, Dataset, Publisher
from tasks.errors import ProgramFault, TilbudsplanError
from tasks.journal import Journal
from tasks.landing import Landing, Snapshot
from tasks.quarantine import Verdicts
from tasks.settings import Project, Rooms, Settings
from tasks.sources import garbled, transport
from tasks.sources.body import Refused

# Not found, and gone: the address is right and there is nothing at it.
_ABSENT = {404, 410}
NOT_DELIVERED = "filen er meldt i katalogen og ikke levert ennå"


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
        return declared(self.project.catalogue, self.profile, self.source_server)

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
        kind: `fetch` or `parse` where that failed, `awaited` where nothing is delivered yet.
        reason: Why, in Norwegian.
        rejected: The snapshot that landed and cannot be read.
    """

    dataset: str
    snapshot: str | None
    kind: str | None = None
    reason: str | None = None
    rejected: str | None = None


def land_dataset(
    night: Night, dataset_id: str, *, ignore_windows: bool = False, full: bool = False
) -> str | None:
    """Fetch a dataset and land its answers; of a log, what has come since the last night.

    Args:
        night: The night.
        dataset_id: The dataset.
        ignore_windows: Call in the publisher's closed hours too.
        full: Go through everything landed of a log, and go on from the first byte that is damaged.

    Returns:
        The snapshot's id; None where the dataset is awaited and was never delivered.

    Raises:
        SourceUnavailable: the source did not answer; trying again may help.
        SourceChanged: it answered something else than agreed.
        ProgramFault: it answered something that nobody had thought of.
        DiskFull: there is no room for what it answered.
    """
    dataset = _dataset(night, dataset_id)
    module = protocols.protocol(dataset.protocol)
    base_url = dataset.publisher.base_url
    private = dataset.sensitivity == "restricted"
    try:
        with disk.told(night.rooms), _named(dataset_id):
            if dataset.protocol == persons.PROTOCOL:
                taken = persons.take(night.rooms, night.journal, dataset, night.as_of)
                return taken.snapshot if taken else None
            client = client_of(dataset.publisher, ignore_windows)
            if hasattr(module, "proceed"):
                return _land_log(night, dataset, client, full=full)
            answers = list(module.fetch(client, base_url, dataset.selection, night.as_of))
            updated = module.updated(answers)
    except Refused as error:
        if not_delivered(night.landing, dataset, error):
            return None
        raise
    with disk.told(night.rooms):
        landed = night.landing.land(dataset_id, night.as_of, answers, updated, private=private)
    return landed.snapshot


def _land_log(night: Night, dataset: Dataset, client: transport.Client, *, full: bool) -> str:
    """Land what a log has got since it was read last, step by step: a crash keeps what came."""
    module: Any = protocols.protocol(dataset.protocol)
    landing = night.landing
    last = landing.latest_whole(dataset.id) if full else _end_of_log(night, dataset.id)
    start = last
    before = landing.kept(last) if last else []
    base_url = dataset.publisher.base_url
    for step in module.proceed(client, base_url, dataset.selection, night.as_of, before):
        last = landing.extend(dataset.id, night.as_of, last, step, module.updated(step))
    if last is None or last is start:
        last = landing.extend(dataset.id, night.as_of, last, ())
    return last.snapshot


def _end_of_log(night: Night, dataset_id: str) -> Snapshot | None:
    """Where a log is read on from: its last step, or the last good one where that was dropped.

    Every later step would stand on what a person has dropped, however right the source is by then.
    """
    last = night.landing.latest(dataset_id)
    verdicts = Verdicts(night.journal.entries())
    if last is None or verdicts.dropped(dataset_id, last.snapshot) is None:
        return last
    good = nights.last_good(night.journal).get(dataset_id)
    if good is None or good.snapshot is None:
        return None
    return night.landing.get(dataset_id, good.snapshot)


def not_delivered(landing: Landing, dataset: Dataset, error: TilbudsplanError) -> bool:
    """Whether this is a file that nobody has laid there yet, and not one that has gone."""
    return (
        dataset.awaited
        and isinstance(error, Refused)
        and error.status in _ABSENT
        and landing.latest(dataset.id) is None
    )


def parse_landed(
    night: Night, dataset_id: str, snapshot: str | None, *, full: bool = False
) -> Path | None:
    """`parse_snapshot` of what `land_dataset` gave; None where nothing is delivered yet."""
    if snapshot is None:
        return None
    return parse_snapshot(night, dataset_id, snapshot, full=full)


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
        ProgramFault: they are something that nobody had thought of.
        DiskFull: there is no room for what they are parsed to.
    """
    dataset = _dataset(night, dataset_id)
    made_by = hashlib.sha256(f"{_code()}{dataset.selection!r}".encode()).hexdigest()
    folder = night.rooms.parsed / dataset_id / f"{snapshot[:32]}-{made_by[:16]}"
    if not full and parsed.is_whole(folder):
        os.utime(folder)  # what is used is kept: see `tasks/retention/leftovers.py`
        return folder
    with disk.told(night.rooms), _named(dataset_id):
        if suspects.deaths(night.journal, night.id, "parse", dataset_id, snapshot):
            suspects.apart(_parse, night, dataset_id, snapshot, folder)
        else:
            with suspects.trying(night.rooms, "parse", dataset_id, snapshot):
                _parse(night, dataset_id, snapshot, folder)
    return folder


def _parse(night: Night, dataset_id: str, snapshot: str, folder: Path) -> None:
    """Parse to a folder that is there whole or not at all."""
    dataset = _dataset(night, dataset_id)
    module = protocols.protocol(dataset.protocol)
    with _named(dataset_id):
        landed = night.landing.get(dataset_id, snapshot)
        # A log is too big to have in memory whole.
        log = hasattr(module, "proceed")
        kept: Any = night.landing.kept(landed) if log else night.landing.answers(landed)
        frames = module.parse(kept, dataset.selection)
        garbled.refuse(frames)
    made = parsed.begin(folder)
    for name, frame in frames.items():
        file = made / f"{name}.parquet"
        warehouse.write_parquet(frame, file)
        if dataset.sensitivity == "restricted":
            file.chmod(0o600)
    parsed.put(made, folder)
    if log:
        parsed.discard_old(folder.parent)


def take_in(night: Night, dataset_id: str) -> Candidate:
    """Land and parse a dataset, whatever comes of it."""
    land = cache(partial(land_dataset, night, dataset_id))
    return what_came_of(dataset_id, land, lambda: parse_landed(night, dataset_id, land()))


def what_came_of(
    dataset_id: str, land: Callable[[], str | None], parse: Callable[[], object]
) -> Candidate:
    """The candidate of a dataset; whatever stops one leaves the others going.

    Args:
        dataset_id: The dataset.
        land: Gives the landed snapshot, as `land_dataset`.
        parse: Parses it; what it gives is not looked at.
    """
    kind, snapshot = "fetch", None
    try:
        snapshot = land()
        kind = "parse"
        parse()
    except TilbudsplanError as error:
        return refused(dataset_id, kind, error, snapshot)
    except Exception as error:  # a disk that fails, a worker that died
        return refused(dataset_id, kind, _fault(dataset_id, error), snapshot)
    return delivered(dataset_id, snapshot)


def delivered(dataset_id: str, snapshot: str | None) -> Candidate:
    """The candidate of a dataset that nothing went wrong with, awaited ones included."""
    if snapshot is None:
        return Candidate(dataset_id, None, AWAITED, NOT_DELIVERED)
    return Candidate(dataset_id, snapshot)


def refused(
    dataset_id: str, kind: str, error: TilbudsplanError, landed: str | None = None
) -> Candidate:
    """The candidate of a dataset that could not be landed, or parsed after it had landed."""
    return Candidate(dataset_id, None, kind, str(error), landed)


@contextmanager
def _named(dataset_id: str) -> Iterator[None]:
    """Put the dataset's name to whatever goes wrong with its answers, a fault of ours included."""
    try:
        yield
    except TilbudsplanError as error:
        raise error.about(dataset_id) from error.__cause__
    except OSError:  # the disk, not the answer
        raise
    except (Exception, PanicException) as error:
        raise _fault(dataset_id, error) from error


def _fault(dataset_id: str, error: BaseException) -> ProgramFault:
    """What nobody had thought of. Words of libraries quote the data, so only the place is told."""
    room = Path(inspect.getfile(protocols)).parent.parent
    frames = extract_tb(error.__traceback__)
    ours = [frame for frame in frames if room in Path(frame.filename).parents]
    said = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    place = f" i {Path(ours[-1].filename).name}, linje {ours[-1].lineno}" if ours else ""
    return ProgramFault(
        subject=dataset_id,
        expected="et svar som programmet kan lese",
        got=f"{type(error).__name__}{said}{place}, som ingen hadde regnet med",
        remedy="meld fra til den som drifter løsningen; forrige årgang brukes så lenge",
    )


def _dataset(night: Night, dataset_id: str) -> Dataset:
    return night.catalogue.select([dataset_id])[0]


@cache
def declared(folder: Path, profile: str, source_server: str | None) -> Catalogue:
    """The catalogue under a profile, read once a night."""
    return catalogue.load(folder, profile, source_server)


@cache
def client_of(publisher: Publisher, ignore_windows: bool) -> transport.Client:
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
        contact=Settings().contact,
    )


@cache
def _code() -> str:
    """A hash of all code that parses: a protocol module may lean on its neighbours."""
    room = Path(inspect.getfile(protocols)).parent
    digest = hashlib.sha256()
    for file in sorted(room.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
