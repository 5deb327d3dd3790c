"""Landing: what the sources answered, byte for byte, under the SHA-256 of the bytes.

    blobs/ab/<sha256>.zst        one answer, zstd, named by the hash of the uncompressed bytes
    manifest/<dataset>.jsonl     one line per dataset and night: requests, times, hashes

A snapshot is the ordered list of a dataset's (role, hash); its id is a hash of that list. The same
answers give the same snapshot, and then only a manifest line is added. A source that is a log is
landed in steps: a line then lists the new parts alone and names the snapshot whose parts come
before them. Nothing here parses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from tasks import clock, dates, jsonlines
from tasks.blobs import Blobs, Damaged, Pruned
from tasks.errors import LandingCorrupt, NotFound
from tasks.settings import Project
from tasks.sources import Answer, Kept

SCHEMA = 2  # 2 added `extends`; lines of version 1 are read as they are
PROJECT = "_project"  # not a legal dataset name, so no dataset can take its place


class Part(msgspec.Struct, frozen=True):
    """One answer of a snapshot; `bytes` is its uncompressed size."""

    role: str
    method: str
    url: str
    body: str | None
    status: int
    headers: dict[str, str]
    received_at: datetime
    sha256: str
    bytes: int


class Snapshot(msgspec.Struct, frozen=True):
    """One manifest line: what a dataset answered on one night.

    Attributes:
        schema: Version of the line format.
        dataset: The dataset's id in the catalogue.
        snapshot: SHA-256 over the ordered (role, hash) of its parts.
        as_of: Oslo date of the night.
        landed_at: When it landed (UTC).
        updated: The source's own time stamp (UTC), where it gives one.
        unchanged: The dataset's previous line has the same snapshot.
        parts: The answers in request order.
        extends: The snapshot whose parts come before these, where the source is a log.
    """

    schema: int
    dataset: str
    snapshot: str
    as_of: date
    landed_at: datetime
    updated: datetime | None
    unchanged: bool
    parts: tuple[Part, ...]
    extends: str | None = None


class Blob(msgspec.Struct, frozen=True):
    """Of a part: which bytes."""

    sha256: str


class Outline(msgspec.Struct, frozen=True):
    """Of a manifest line: which bytes landed on which night, and what comes before them."""

    snapshot: str
    as_of: date
    parts: tuple[Blob, ...]
    extends: str | None = None


_Line = TypeVar("_Line", Snapshot, Outline)


class Landing:
    """The landing of one installation; datasets may land concurrently."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._blobs = Blobs(root / "blobs")

    def land(
        self,
        dataset: str,
        as_of: date,
        answers: Iterable[Answer],
        updated: datetime | None = None,
        *,
        private: bool = False,
    ) -> Snapshot:
        """Keep a dataset's answers; `private` ones can be read by the owner of the process alone.

        All answers are taken in before anything is written, so an iterator that raises leaves
        landing as it was. Blobs are on disk before the manifest names them.

        Returns:
            The new manifest line; `unchanged` where the dataset's previous one has the same bytes.
        """
        parts = self._write_parts(answers, private)
        return self._append(dataset, as_of, updated, parts, _snapshot_id(parts))

    def extend(
        self,
        dataset: str,
        as_of: date,
        before: Snapshot | None,
        answers: Iterable[Answer],
        updated: datetime | None = None,
        *,
        private: bool = False,
    ) -> Snapshot:
        """Keep a step of a log: these answers come after those of an earlier snapshot.

        The earlier parts stand by reference and are not written again. Without answers the line
        says that the night found nothing new.

        Args:
            dataset: The dataset's id.
            as_of: Oslo date of the night.
            before: What the log held so far, or None where nothing is landed.
            answers: What came after it.
            updated: The source's own time stamp; the one before stands where it gives none.
            private: As in `land`.
        """
        parts = self._write_parts(answers, private)
        if before is None:
            return self._append(dataset, as_of, updated, parts, _snapshot_id(parts))
        updated = updated or before.updated
        if not parts:
            return self._append(
                dataset, as_of, updated, before.parts, before.snapshot, before.extends
            )
        snapshot = _snapshot_id(parts, before.snapshot)
        return self._append(dataset, as_of, updated, parts, snapshot, before.snapshot)

    def snapshots(self, dataset: str) -> list[Snapshot]:
        """Every manifest line of a dataset, oldest first.

        Raises:
            LandingCorrupt: a line of the manifest cannot be read.
        """
        return list(self._read_lines(dataset, Snapshot))

    def outlines(self, dataset: str) -> list[Outline]:
        """The same in outline: lines of many years, read in a moment and kept in little memory.

        Raises:
            LandingCorrupt: a line of the manifest cannot be read.
        """
        lines = self._read_lines(dataset, Outline)
        first: dict[str, Outline] = {}
        # Most lines say what the one before says: their parts are kept once.
        return [
            msgspec.structs.replace(line, parts=first.setdefault(line.snapshot, line).parts)
            for line in lines
        ]

    def latest(self, dataset: str, as_of: date | None = None) -> Snapshot | None:
        """The last line of a dataset, not later than the night `as_of` where given."""
        lines = [s for s in self.snapshots(dataset) if as_of is None or s.as_of <= as_of]
        return lines[-1] if lines else None

    def last(self, dataset: str) -> Snapshot | None:
        """The last line of a dataset; None where there is none or it cannot be read."""
        return next(
            (_readable(line) for line in jsonlines.read(self._manifest(dataset))[-1:]), None
        )

    def get(self, dataset: str, snapshot_id: str) -> Snapshot:
        """The line that first landed a snapshot: its `landed_at` says how old the bytes are.

        Raises:
            NotFound: the dataset has no such snapshot.
            LandingCorrupt: it has none, but a line that cannot be read.
        """
        # A damaged line of another snapshot takes nothing from this one.
        for line in jsonlines.read(self._manifest(dataset)):
            snapshot = _readable(line)
            if snapshot and snapshot.snapshot == snapshot_id:
                return snapshot
        self.snapshots(dataset)
        raise NotFound(
            subject=dataset,
            expected=f"øyeblikksbildet {snapshot_id[:12]} i {self.root}",
            got="ingen linje med det i manifestet",
            remedy=f"hent på nytt med «tilbudsplan ingest {dataset} --full»",
        )

    def landed_on(self, dataset: str, snapshot_id: str, until: date) -> date:
        """The Oslo date on which a snapshot first landed, by a clock that was right.

        Args:
            dataset: The dataset.
            snapshot_id: Its snapshot.
            until: The night that asks: nothing landed after it.
        """
        line = self.get(dataset, snapshot_id)
        return min(until, clock.right_date(line.as_of, offsets(line), line.landed_at))

    def kept(self, snapshot: Snapshot) -> list[Kept]:
        """What `answers` gives, each one's bytes read only when they are asked for."""
        return [
            Kept(
                role=part.role,
                url=part.url,
                headers=part.headers,
                received_at=part.received_at,
                read=partial(self._read, snapshot.dataset, part),
            )
            for part in self._parts(snapshot)
        ]

    def latest_whole(self, dataset: str) -> Snapshot | None:
        """The last step of a log before the first byte that is not what it was when it landed."""
        last = self.latest(dataset)
        whole = None
        for line in self.steps(last) if last else []:
            if not all(self.is_deleted(p) or self._blobs.is_whole(p.sha256) for p in line.parts):
                break
            whole = line
        return whole

    def answers(self, snapshot: Snapshot) -> list[Answer]:
        """The answers as they came, every byte checked against size and hash.

        Raises:
            LandingCorrupt: naming the file that is missing, half-written or changed.
            NotFound: the rules of retention took it away.
        """
        return [
            Answer(
                role=part.role,
                method=part.method,
                url=part.url,
                body=part.body,
                status=part.status,
                headers=part.headers,
                content=self._read(snapshot.dataset, part),
                received_at=part.received_at,
            )
            for part in self._parts(snapshot)
        ]

    def is_deleted(self, part: Part) -> bool:
        """Whether a part was deleted on purpose, and with it what it said of persons."""
        return self._blobs.is_deleted(part.sha256)

    def deleted(self, snapshot: Snapshot) -> list[tuple[Part, date]]:
        """The parts of a snapshot that were deleted on purpose, each with the day of it."""
        parts = [part for line in self.steps(snapshot) for part in line.parts]
        return [(p, self._blobs.deleted_on(p.sha256)) for p in parts if self.is_deleted(p)]

    def delete(self, sha256: str, on: date) -> None:
        """Delete the bytes of a part; the manifest still says that it was there."""
        self._blobs.delete(sha256, on)

    def datasets(self) -> list[str]:
        """Every name that something was landed under, that of the project's files included."""
        return sorted(file.stem for file in self._manifest(PROJECT).parent.glob("*.jsonl"))

    def blobs(self) -> Blobs:
        """The bytes themselves, for whoever keeps the house."""
        return self._blobs

    def pruned(self, snapshot: Snapshot) -> Pruned | None:
        """When and why something of a snapshot was taken away by the rules; None where all stands.

        The manifest still says what was there.
        """
        parts = (part for line in self.steps(snapshot) for part in line.parts)
        return next((gone for part in parts if (gone := self._blobs.pruned(part.sha256))), None)

    def lost(self) -> frozenset[str]:
        """Blobs that some line names and that are neither there nor taken away on purpose."""
        there = self._blobs.sizes()
        return frozenset(
            part.sha256
            for name in self.datasets()
            for line in self.outlines(name)
            for part in line.parts
            if part.sha256 not in there
            and not self._blobs.is_deleted(part.sha256)
            and self._blobs.pruned(part.sha256) is None
        )

    def land_project(self, project: Project, as_of: date) -> Snapshot:
        """Land catalogue, reference data, SQL and suites: the rules that a night ran under."""
        now = clock.now()
        rooms = (project.catalogue, project.reference, project.sql, project.expectations)
        files = sorted(f for room in rooms for f in room.rglob("*") if _is_rule(f))
        answers = []
        for file in files:
            name = file.relative_to(project.root).as_posix()
            content = file.read_bytes()
            answers.append(Answer(name, "FILE", name, None, 0, {}, content, now))
        return self.land(PROJECT, as_of, answers)

    def materialise_project(
        self, as_of: date, target: Path, snapshot_id: str | None = None
    ) -> Project:
        """Write the project files of a past night into a folder of their own.

        Args:
            as_of: The last landed files not later than this night are used.
            target: An empty or missing folder.
            snapshot_id: Exactly these files instead, where the night is known.

        Raises:
            NotFound: nothing was landed that early.
        """
        snapshot = self.get(PROJECT, snapshot_id) if snapshot_id else self.latest(PROJECT, as_of)
        if snapshot is None:
            raise NotFound(
                subject="prosjektfiler",
                expected=f"katalog, SQL og forventninger landet senest {as_of}",
                got="ingen så gamle",
                remedy="velg en senere dato; «tilbudsplan status» viser kjørte netter",
            )
        for answer in self.answers(snapshot):
            path = target / answer.role
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(answer.content)
        return Project(target)

    def _parts(self, snapshot: Snapshot) -> list[Part]:
        """The parts of a snapshot that are not deleted, oldest first."""
        parts = [part for line in self.steps(snapshot) for part in line.parts]
        return [part for part in parts if not self.is_deleted(part)]

    def steps(self, snapshot: Snapshot) -> list[Snapshot]:
        """The steps whose parts make up a snapshot, oldest first; itself alone if it is no log."""
        if snapshot.extends is None:
            return [snapshot]
        first: dict[str, Snapshot] = {}
        for line in self.snapshots(snapshot.dataset):
            first.setdefault(line.snapshot, line)
        chain = [snapshot]
        while (earlier := chain[-1].extends) is not None:
            if earlier not in first:
                path = self._manifest(snapshot.dataset)
                expected = f"øyeblikksbildet {earlier[:12]} som {chain[-1].snapshot[:12]} bygger på"
                raise _corrupt(snapshot.dataset, str(path), expected, "ingen linje med det")
            chain.append(first[earlier])
        return chain[::-1]

    def _append(
        self,
        dataset: str,
        as_of: date,
        updated: datetime | None,
        parts: tuple[Part, ...],
        snapshot: str,
        extends: str | None = None,
    ) -> Snapshot:
        """Add the manifest line of parts that are on disk."""
        made: list[Snapshot] = []

        def line(last: bytes | None) -> bytes:
            before = _readable(last) if last is not None else None
            same = before is not None and before.snapshot == snapshot
            now = clock.now()
            made.append(
                Snapshot(SCHEMA, dataset, snapshot, as_of, now, updated, same, parts, extends)
            )
            return msgspec.json.encode(made[0])

        jsonlines.append(self._manifest(dataset), line)
        return made[0]

    def _write_parts(self, answers: Iterable[Answer], private: bool) -> tuple[Part, ...]:
        taken = list(answers)
        parts = tuple(_part(answer) for answer in taken)
        contents = {part.sha256: a.content for part, a in zip(parts, taken, strict=True)}
        self._blobs.write(contents, private=private)
        return parts

    def _read(self, dataset: str, part: Part) -> bytes:
        try:
            return self._blobs.read(part.sha256, part.bytes)
        except Damaged as error:
            raise _corrupt(dataset, str(error.path), error.expected, error.got) from error
        except Pruned as gone:
            raise taken_away(dataset, part.received_at.date(), gone) from None

    def _read_lines(self, dataset: str, kind: type[_Line]) -> Iterator[_Line]:
        path = self._manifest(dataset)
        for number, line in enumerate(jsonlines.read(path), start=1):
            try:
                yield msgspec.json.decode(line, type=kind)
            except msgspec.MsgspecError as error:
                raise _corrupt(
                    dataset, f"{path}, linje {number}", "en lesbar JSON-linje", str(error)
                ) from error

    def _manifest(self, dataset: str) -> Path:
        return self.root / "manifest" / f"{dataset}.jsonl"


def offsets(line: Snapshot) -> list[timedelta]:
    """How far each answer of a line was ahead of our clock when it came, where it tells."""
    # A log's line without news has the parts of the one before, received long ago.
    fresh = [p for p in line.parts if abs(line.landed_at - p.received_at) < timedelta(days=1)]
    found = (clock.offset(part.headers, part.received_at) for part in fresh)
    return [offset for offset in found if offset is not None]


def taken_away(dataset: str, came_on: date, gone: Pruned) -> NotFound:
    """The refusal to read what the rules of retention have taken away."""
    return NotFound(
        subject=f"{dataset}, hentet {dates.day(came_on)}",
        expected="det kilden svarte da",
        got=f"at det er tatt bort etter oppbevaringsreglene {dates.day(gone.on)} ({gone.rule})",
        remedy="velg en natt som er beholdt, eller hent det fra en eldre sikkerhetskopi med "
        "«tilbudsplan restore» til en egen mappe",
    )


def _part(answer: Answer) -> Part:
    return Part(
        role=answer.role,
        method=answer.method,
        url=answer.url,
        body=answer.body,
        status=answer.status,
        headers=answer.headers,
        received_at=answer.received_at,
        sha256=hashlib.sha256(answer.content).hexdigest(),
        bytes=len(answer.content),
    )


def _snapshot_id(parts: Sequence[Part], extends: str | None = None) -> str:
    listed = f"{extends}\n" if extends else ""
    listed += "".join(f"{part.role}\0{part.sha256}\n" for part in parts)
    return hashlib.sha256(listed.encode()).hexdigest()


def _decode(line: bytes) -> Snapshot:
    return msgspec.json.decode(line, type=Snapshot)


def _readable(line: bytes) -> Snapshot | None:
    try:
        return _decode(line)
    except msgspec.MsgspecError:
        return None


def _is_rule(file: Path) -> bool:
    """A file of the project, not what an editor or an interpreter left beside it."""
    hidden = any(part.startswith((".", "__")) for part in file.parts[-2:])
    return file.is_file() and not hidden and not file.name.endswith("~")


def _corrupt(dataset: str, file: str, expected: str, got: str) -> LandingCorrupt:
    remedy = (
        "hent filene fra depotet på nytt og kjør natten igjen"
        if dataset == PROJECT
        else f"hent på nytt med «tilbudsplan ingest {dataset} --full»"
    )
    return LandingCorrupt(subject=f"{dataset}: {file}", expected=expected, got=got, remedy=remedy)
