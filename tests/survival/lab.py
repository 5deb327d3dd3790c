"""Nights that are killed, homes that are compared: what every test of survival is made of."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import IO, Any, cast

import reading
from killing import stage_on
from sample import EVE, World, world
from smtp_tools import Office, post_office

from tasks.alerts import open_findings, outbox
from tasks.journal import Entry, Journal
from tasks.landing import Landing
from tasks.settings import CHECKOUT, Rooms

HERE = Path(__file__).parent
# What a night is told besides where it is and when: a file to count its points in, whether it asks
# the sources and looks for room on the disk, and a folder with what processes do first.
_ORDER = {"count": "", "ask": True, "room": True, "startup": ""}
# Names that are drawn, or tell when.
_DRAWN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4}")


@dataclass(frozen=True)
class State:
    """Everything of a home that must be the same whatever happened on the way.

    Attributes:
        public: Hash of each table of the published file.
        internal: Hash of each table of the internal one.
        findings: What is open.
        mails: Message-ID, recipient, subject and words of every mail.
        unsent: How many wait.
        landed: Snapshots by dataset, in the order in which they landed first.
        files: Every file of the home, by its path.
    """

    public: dict[str, str]
    internal: dict[str, str]
    findings: list[dict[str, Any]]
    mails: list[tuple[str, str, str, str]]
    unsent: int
    landed: dict[str, list[str]]
    files: frozenset[str]

    def differences(self, other: State) -> list[str]:
        """Where two states are not the same, by name."""
        found = []
        for part in ("public", "internal"):
            ours, theirs = getattr(self, part), getattr(other, part)
            found += [
                f"{part} {table}"
                for table in sorted(ours.keys() | theirs.keys())
                if ours.get(table) != theirs.get(table)
            ]
        for part in ("findings", "mails", "unsent", "landed", "files"):
            ours, theirs = getattr(self, part), getattr(other, part)
            if ours != theirs:
                found.append(f"{part}: {_apart(ours, theirs)}")
        return found


@dataclass(frozen=True)
class Ended:
    """How a night's process ended: its status as `os.wait` gives it, where it was, what it said."""

    status: int
    stage: str
    said: str

    @property
    def killed(self) -> bool:
        return os.WIFSIGNALED(self.status) and os.WTERMSIG(self.status) == signal.SIGKILL


@dataclass
class Lab:
    """A world, a zygote, a reader and an office, and the homes that are compared with.

    Attributes:
        folder: Where everything is.
        world: What is outside.
        office: The mail server.
        eve: The state after the first night of a home that was never killed.
        after: The state after each of its next three nights.
        entries: The findings in its journal after each of them, with their mails.
        homes: That home after each of them.
        counts: What was done, for the page that tells of it.
    """

    folder: Path
    world: World
    office: Office
    zygote: subprocess.Popen[str]
    reader: subprocess.Popen[str]
    eve: State | None = None
    after: list[State] = field(default_factory=list)
    entries: list[list[Entry]] = field(default_factory=list)
    homes: list[Path] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _made: int = 0

    def home(self, of: int | Path) -> Path:
        """A copy of a home to do harm to: of the one after a night, or of another."""
        self._made += 1
        target = self.folder / f"home-{self._made}"
        shutil.copytree(self.homes[of] if isinstance(of, int) else of, target)
        return target

    def night(
        self,
        home: Path,
        number: int,
        kill: dict[str, Any] | None = None,
        after_seconds: float | None = None,
        **terms: Any,
    ) -> Ended:
        """Run a night in a process of its own; killed at a point, after a time, or not at all.

        Args:
            home: Where.
            number: Which night; the world is put to it.
            kill: A point, see `killing.Instruments`.
            after_seconds: When to kill it from outside.
            terms: Further words of the order to the zygote, see `_ORDER`.
        """
        as_of = self.world.at(number)
        zygote = terms.pop("zygote", self.zygote)
        board, log = self.folder / "board", self.folder / "log"
        log.unlink(missing_ok=True)
        _say(
            zygote,
            {
                **_ORDER,
                "home": str(home),
                "project": str(self.world.project.root),
                "words": str(self.world.words),
                "as_of": as_of.isoformat(),
                "smtp": self.office.port,
                "kill": kill or {},
                "after_seconds": after_seconds,
                "board": str(board),
                "log": str(log),
                **terms,
            },
        )
        status = _hear(zygote)["status"]
        self.counts["nights"] += 1
        said = log.read_text(encoding="utf-8") if log.exists() else ""
        ended = Ended(status, stage_on(board), said)
        if ended.killed:
            self.counts["kills"] += 1
            self.counts[f"killed in {ended.stage}"] += 1
        return ended

    def whole_night(self, home: Path, number: int, **terms: Any) -> None:
        """A night that must complete."""
        ended = self.night(home, number, **terms)
        assert ended.status == 0, ended.said or f"status {ended.status} in {ended.stage}"

    @contextmanager
    def read_meanwhile(self, home: Path, *allowed: State) -> Iterator[None]:
        """Read the published files all the while; they are whole, and of one allowed state each."""
        assert self.reader.stdin is not None
        self.reader.stdin.write(f"{home}\n")
        self.reader.stdin.flush()
        _hear(self.reader)
        try:
            yield
        finally:
            self.reader.stdin.write("\n")
            self.reader.stdin.flush()
            told = _hear(self.reader)
        self.counts["reads"] += sum(told["seen"].values())
        assert not told["wrong"], told["wrong"][:3]
        marks = {f"tilbudsplan {reading.mark_of(state.public)}" for state in allowed}
        marks |= {f"internal {reading.mark_of(state.internal)}" for state in allowed}
        assert set(told["seen"]) <= marks, "a state of neither night was published"

    def survive(self, *kills: dict[str, Any] | float, tomorrow: bool = True) -> list[Ended]:
        """Kill the second night, and each attempt to run it again; then it completes as if never.

        Args:
            kills: A point for `night`, or seconds, for each attempt in turn.
            tomorrow: Whether the third night is run and compared too.

        Returns:
            How the attempts ended.
        """
        home, ended = self.home(0), []
        with self.read_meanwhile(home, *self.after):
            for kill in kills:
                if isinstance(kill, float):
                    ended.append(self.night(home, 1, after_seconds=kill))
                else:
                    ended.append(self.night(home, 1, kill))
                self.check_killed(home, *self.after[:2])
            self.whole_night(home, 1)
            self.check_same(home, 1)
            if tomorrow:
                self.whole_night(home, 2)
                self.check_same(home, 2)
        shutil.rmtree(home)
        return ended

    def check_killed(self, home: Path, *allowed: State) -> None:
        """What holds at every moment: the journal verifies, what is published is whole."""
        rooms = Rooms(home)
        Journal(rooms.journal).verify()
        public = reading.contents(rooms.warehouse)
        inside = reading.contents(rooms.warehouse.with_name("internal.duckdb"))
        assert public in [state.public for state in allowed]
        assert inside in [state.internal for state in allowed]
        with reading.opened(rooms.warehouse) as con:
            stood = con.execute("select dataset, snapshot from audit.vintage").fetchall()
        landing = Landing(rooms.landing)
        for dataset, snapshot in stood:
            landing.answers(landing.get(dataset, snapshot))

    def check_same(self, home: Path, number: int) -> None:
        """The home is as the one that was never killed."""
        expected = self.eve if number == EVE else self.after[number]
        assert expected is not None
        found = state_of(home).differences(expected)
        self.counts["comparisons"] += 1
        self.counts["differences"] += len(found)
        assert not found, found
        ids = {mail[0] for mail in expected.mails}
        assert ids <= set(self.office.ids), "a mail never came"


def state_of(home: Path) -> State:
    """The state of a home; it must be whole."""
    rooms = Rooms(home)
    journal = Journal(rooms.journal)
    entries = journal.entries()
    posted = outbox.posted(entries)
    landing = Landing(rooms.landing)
    landed: dict[str, list[str]] = {}
    for manifest in sorted((rooms.landing / "manifest").glob("*.jsonl")):
        lines = landing.snapshots(manifest.stem)
        landed[manifest.stem] = list(dict.fromkeys(line.snapshot for line in lines))
    return State(
        public=reading.contents(rooms.warehouse),
        internal=reading.contents(rooms.warehouse.with_name("internal.duckdb")),
        findings=[
            {**vars(finding), "since": finding.since.isoformat()}
            for finding in open_findings(journal)
        ],
        mails=sorted((one.mail.id, one.mail.to, one.mail.subject, _words(one)) for one in posted),
        unsent=len(outbox.unsent(entries)),
        landed=landed,
        files=frozenset(
            _DRAWN.sub("*", str(file.relative_to(home)))
            for file in home.rglob("*")
            # What a torn line was is set aside, and kept.
            if file.is_file() and file.suffix != ".torn"
        ),
    )


@contextmanager
def lab(folder: Path) -> Iterator[Lab]:
    """Everything running, and a home of three nights that nobody killed."""
    with ExitStack() as stack:
        outside = stack.enter_context(world(folder))
        office = stack.enter_context(post_office())
        zygote = stack.enter_context(program("zygote.py"))
        reader = stack.enter_context(program("reading.py"))
        made = Lab(folder, outside, office, zygote, reader)
        home = folder / "never-killed"
        made.whole_night(home, EVE)
        made.eve = state_of(home)
        for number in range(3):
            made.whole_night(home, number)
            made.after.append(state_of(home))
            made.entries.append(Journal(Rooms(home).journal).entries("findings"))
            made.homes.append(folder / f"after-{number}")
            shutil.copytree(home, made.homes[-1])
        yield made


@contextmanager
def program(name: str, *before: str) -> Iterator[subprocess.Popen[str]]:
    """A program of this folder, with words before it on its command line."""
    paths = [str(HERE), str(CHECKOUT), os.environ.get("PYTHONPATH", "")]
    kept = {n: v for n, v in os.environ.items() if not n.startswith("TILBUDSPLAN_")}
    with subprocess.Popen(
        [*before, sys.executable, str(HERE / name)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
        env={**kept, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
    ) as program:
        try:
            _hear(program)
            yield program
        finally:
            program.kill()


def _say(program: subprocess.Popen[str], what: Any) -> None:
    assert program.stdin is not None
    program.stdin.write(json.dumps(what) + "\n")
    program.stdin.flush()


def _hear(program: subprocess.Popen[str]) -> Any:
    line = cast(IO[str], program.stdout).readline()
    assert line, f"{program.args} is gone"
    return json.loads(line)


def _words(one: outbox.Posted) -> str:
    message = cast(EmailMessage, message_from_string(one.mail.content, policy=default))
    part = message.get_body(("plain",))
    return cast(EmailMessage, part).get_content() if part else ""


def _apart(ours: Any, theirs: Any) -> str:
    if isinstance(ours, frozenset):
        return f"more {sorted(ours - theirs)[:8]}, less {sorted(theirs - ours)[:8]}"
    if isinstance(ours, list):
        more = [one for one in ours if one not in theirs]
        less = [one for one in theirs if one not in ours]
        return f"more {more[:4]}, less {less[:4]}"
    return f"{ours} instead of {theirs}"
