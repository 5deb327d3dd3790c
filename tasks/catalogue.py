"""The declared datasets: `data/catalogue/*.toml`, one file per publisher, read strictly.

A load collects every mistake of every file and raises them together, each naming file, entry, key
and remedy. What differs between two datasets of one protocol stands here and nowhere in code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import time
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from tasks.errors import CatalogueError, NotFound
from tasks.sources import PROTOCOLS, empty_frames, protocol
from tasks.strict import Strict, lines, toml_document

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
TableName = Annotated[str, StringConstraints(pattern=r"^(staging|restricted)\.[a-z][a-z0-9_]*$")]
HttpAddress = Annotated[str, StringConstraints(pattern=r"^https?://")]
# A publisher that lays files in a folder of the installation has no terms to keep.
INBOX = "inbox:"
Address = Annotated[str, StringConstraints(pattern=rf"^(https?://|{INBOX}[a-z][a-z0-9_]*$)")]


class Rate(Strict):
    """At most `calls` requests in any window of `per_seconds` seconds."""

    calls: int = Field(ge=1)
    per_seconds: float = Field(gt=0)


class Window(Strict):
    """A time of day (publisher's zone) in which the publisher must not be called."""

    start: time
    end: time
    reason: str


class PublisherTerms(Strict):
    """What a profile may replace: address, rate, windows, time-outs."""

    base_url: Address
    rate: Rate
    closed: tuple[Window, ...] = ()
    connect_timeout_seconds: float = Field(default=10, gt=0)
    read_timeout_seconds: float = Field(default=120, gt=0)
    attempts: int = Field(default=4, ge=1, le=10)
    concurrency: int = Field(default=2, ge=1, le=8)


class Publisher(PublisherTerms):
    """One publisher and the terms on which it may be called.

    Attributes:
        is_register: It keeps code lists and registers. A mart names them as its source only where
            it has no figures of anybody else.
    """

    id: Identifier
    name: str
    homepage: HttpAddress
    licence: str
    timezone: str = "Europe/Oslo"
    max_answer_bytes: int = Field(default=200_000_000, gt=0)
    is_register: bool = False


class Dataset(Strict):
    """One dataset: what to ask for, how fresh it must be, and the table it becomes.

    Attributes:
        selection: The protocol's own `Selection` model.
        table: The typed table; `sql/<schema>/<name>.sql` and a suite belong to it. Restricted
            datasets become `restricted.*` tables, which are never copied to the published file.
        freshness_days: A vintage that the source has not updated for longer is stale.
        keep_vintages: For figures that the source revises: every landed vintage is loaded beside
            the newest, as `raw.<id>_vintages`, and no final figure hides the provisional one.
        awaited: Declared before it is delivered, as a file that must be ordered. Until the first
            one lands, an absent file is no fault and the table is built without rows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    id: Identifier
    title: str
    protocol: Literal[PROTOCOLS]  # type: ignore[valid-type]
    source_table: str
    selection: Any
    cadence: Literal["daily", "monthly", "quarterly", "yearly", "irregular"]
    freshness_days: int = Field(ge=1)
    owner: str
    sensitivity: Literal["open", "restricted"]
    table: TableName
    licence: str | None = None
    keep_vintages: bool = False
    awaited: bool = False
    publisher: Publisher

    @model_validator(mode="after")
    def _awaited_has_a_layout(self) -> Self:
        # A selection that was refused stands as {}: its own mistakes are shown instead.
        known = self.selection != {}
        if self.awaited and known and empty_frames(self.protocol, self.selection) is None:
            raise ValueError(
                f"protokollen {self.protocol!r} sier ikke hvilke kolonner som ventes; "
                "ta bort awaited"
            )
        return self


class Catalogue:
    """All publishers and datasets of one load."""

    def __init__(self, publishers: list[Publisher], datasets: list[Dataset]) -> None:
        self.publishers = {p.id: p for p in publishers}
        self.datasets = {d.id: d for d in datasets}

    def __iter__(self) -> Iterator[Dataset]:
        return iter(self.datasets.values())

    def __len__(self) -> int:
        return len(self.datasets)

    def select(self, names: list[str] | tuple[str, ...] = ()) -> list[Dataset]:
        """The datasets by name (default: all), or `NotFound` naming those that exist."""
        unknown = sorted(set(names) - set(self.datasets))
        if unknown:
            near = {n: get_close_matches(n, self.datasets, n=1) for n in unknown}
            meant = [f"«{found[0]}» for «{name}»" for name, found in near.items() if found]
            guess = f"mente du {', '.join(meant)}? " if meant else ""
            raise NotFound(
                subject="datasett",
                expected="navn fra «tilbudsplan sources»",
                got=", ".join(unknown),
                remedy=f"{guess}Alle navn står i «tilbudsplan sources»",
            )
        return [d for d in self if not names or d.id in names]


class Profile(Strict):
    """Terms that replace the publishers' own, as for the bundled source server."""

    name: Identifier
    description: str
    publisher: dict[Identifier, PublisherTerms]


def load(folder: Path, profile: str = "live", source_server: str | None = None) -> Catalogue:
    """Read the whole catalogue.

    Args:
        folder: `data/catalogue`.
        profile: `live`, or the name of a file in `profiles/`.
        source_server: Replaces `http://source-server` in the profile's addresses.

    Raises:
        CatalogueError: with every mistake of every file.
    """
    problems: list[str] = []
    terms = _profile(folder, profile, source_server, problems)
    publishers: list[Publisher] = []
    datasets: list[Dataset] = []
    for path in sorted(folder.glob("*.toml")):
        document = _document(path, problems)
        publisher = _publisher(path, document, terms, problems)
        if publisher:
            publishers.append(publisher)
        datasets += _datasets(path, document, publisher, problems)
    _unique([p.id for p in publishers], "publisher", problems)
    _unique([d.id for d in datasets], "dataset", problems)
    _unique([d.table for d in datasets], "table", problems)
    if not publishers and not problems:
        problems.append(f"{folder}: ingen *.toml-filer. Remedy: hent filene fra depotet på nytt")
    if problems:
        raise CatalogueError(problems)
    return Catalogue(publishers, datasets)


def _document(path: Path, problems: list[str]) -> dict[str, Any]:
    document = toml_document(path, problems) or {}
    for key in sorted(set(document) - {"publisher", "dataset"}):
        problems.append(
            f"{path.name}: [{key}] er ukjent. Bruk [publisher] og [[dataset]], eller slett den"
        )
    return document


def _profile(
    folder: Path, name: str, source_server: str | None, problems: list[str]
) -> dict[str, PublisherTerms]:
    if name == "live":
        return {}
    path = folder / "profiles" / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(["live", *sorted(p.stem for p in path.parent.glob("*.toml"))])
        problems.append(f"profiles/{name}.toml: finnes ikke. Velg blant {known}")
        return {}
    text = path.read_text(encoding="utf-8")
    if source_server:
        text = text.replace("http://source-server", source_server.rstrip("/"))
    try:
        return Profile.model_validate(tomllib.loads(text)).publisher
    except tomllib.TOMLDecodeError as error:
        problems.append(f"profiles/{path.name}: kan ikke leses som TOML ({error}). Rett opp linjen")
    except ValidationError as error:
        problems.extend(lines(f"profiles/{path.name}", error))
    return {}


def _publisher(
    path: Path, document: dict[str, Any], terms: dict[str, PublisherTerms], problems: list[str]
) -> Publisher | None:
    if not document:
        return None
    try:
        publisher = Publisher.model_validate(document.get("publisher", {}))
    except ValidationError as error:
        problems.extend(lines(f"{path.name} [publisher]", error))
        return None
    if not terms or publisher.base_url.startswith(INBOX):
        return publisher
    if publisher.id not in terms:
        problems.append(
            f"{path.name} [publisher] id: profilen har ingen vilkår for «{publisher.id}». "
            "Legg til [publisher.<id>] i profilen"
        )
        return publisher
    return publisher.model_copy(update=dict(terms[publisher.id]))


def _datasets(
    path: Path, document: dict[str, Any], publisher: Publisher | None, problems: list[str]
) -> list[Dataset]:
    found = []
    for number, entry in enumerate(document.get("dataset", []), start=1):
        label = f"{path.name} [[dataset]] nr. {number} «{entry.get('id', '?')}»"
        values = dict(entry)
        before = len(problems)
        selection = _selection(values, label, problems)
        # With the publisher refused, its datasets are still checked, against a stand-in.
        values["publisher"] = publisher or _STAND_IN
        values["selection"] = selection
        try:
            dataset = Dataset.model_validate(values)
        except ValidationError as error:
            problems.extend(lines(label, error))
            continue
        if len(problems) == before and publisher:
            found.append(dataset)
    return found


def _selection(values: dict[str, Any], label: str, problems: list[str]) -> Any:
    name = values.get("protocol")
    if name not in PROTOCOLS:
        return {}
    try:
        return protocol(name).Selection.model_validate(values.get("selection", {}))
    except ValidationError as error:
        problems.extend(lines(f"{label} [selection]", error))
        return {}


def _unique(names: list[str], key: str, problems: list[str]) -> None:
    for name in sorted({n for n in names if names.count(n) > 1}):
        problems.append(f"{key} «{name}» er oppgitt {names.count(name)} ganger. Behold én")


_STAND_IN = Publisher(
    id="unknown",
    name="unknown",
    homepage="https://invalid.example",
    licence="unknown",
    base_url="https://invalid.example",
    rate=Rate(calls=1, per_seconds=1),
)
