"""Suites: what a table must hold before anyone sees it, read strictly from `expectations/`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, StringConstraints, ValidationError, field_validator

from tasks.errors import ConfigurationError
from tasks.quality.kinds import FOLDER, Category, Kind, expand, read_kinds
from tasks.strict import Strict, lines

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
# The same documents; in C nine times as fast, and every night and many commands read two hundred.
_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
ROWS = "unexpected_rows_expectation"
_TABLE = re.compile(r"\b(?:staging|restricted|closed|mart)\.[a-z0-9_]+\b")


class Expectation(Strict):
    """One demand on a table.

    Attributes:
        type: A kind of `expectations/kinds`, or a Great Expectations 1.x type.
        arguments: Its arguments.
        severity: `block` keeps the previous vintage, `warn` publishes and alerts.
        reason: Why it is demanded, in Norwegian.
        owner: Who answers for it.
        origin: Where the demand comes from.
        category: What a query of the suite's own is about; a kind says it itself.
        query: The query of a kind with the arguments in it; never written in a suite.
    """

    type: Text
    arguments: dict[str, Any] = Field(default_factory=dict)
    severity: Literal["block", "warn"]
    reason: Text
    owner: Text
    origin: Text
    category: Category | None = None
    query: str | None = None

    @property
    def rows_query(self) -> str | None:
        """The query that gives the failing rows, where the demand is one."""
        return self.query or self.arguments.get("unexpected_rows_query")

    @property
    def reads(self) -> frozenset[str]:
        """The tables that its query names."""
        return frozenset(_TABLE.findall(self.rows_query or ""))

    @property
    def key(self) -> str:
        """What the expectation is known by within its suite, as long as it demands the same."""
        demanded = f"{self.type} {as_json(self.arguments)}"
        return hashlib.sha256(demanded.encode()).hexdigest()[:8]


class Suite(Strict):
    """The demands on one table."""

    table: Annotated[
        str, StringConstraints(pattern=r"^(staging|restricted|closed|mart)\.[a-z0-9_]+$")
    ]
    expectations: tuple[Expectation, ...]

    @property
    def reads(self) -> frozenset[str]:
        """The other tables that its queries name; they must be there before it is run."""
        return frozenset().union(*(e.reads for e in self.expectations)) - {self.table}

    @field_validator("expectations")
    @classmethod
    def _each_once(cls, expectations: tuple[Expectation, ...]) -> tuple[Expectation, ...]:
        demanded = [e.key for e in expectations]
        told = [e.reason for e in expectations]
        for expectation in expectations:
            if demanded.count(expectation.key) > 1:
                raise ValueError(f"{expectation.type} {expectation.arguments} står mer enn én gang")
            if told.count(expectation.reason) > 1:
                # A reader is told the reason alone, and must know which demand it is.
                raise ValueError(f"grunnen «{expectation.reason}» står mer enn én gang")
        return expectations


def read_suites(folder: Path) -> dict[str, Suite]:
    """Every suite of `expectations/`, by table.

    Raises:
        ConfigurationError: all mistakes of all files together.
    """
    problems: list[str] = []
    suites: dict[str, Suite] = {}
    kinds = read_kinds(folder, problems)
    for file in sorted(folder.glob("*/*.yaml")):
        suite = _read(file, kinds, problems)
        if suite is None:
            continue
        if suite.table != f"{file.parent.name}.{file.stem}":
            problems.append(f"{file.name}: table er {suite.table}, men filen heter noe annet")
        suites[suite.table] = suite
    if problems:
        raise ConfigurationError(
            subject=str(folder),
            expected="gyldige forventninger",
            got="\n".join([f"{len(problems)} feil:", *(f"  - {line}" for line in problems)]),
            remedy="rett opp alle linjene over; docs/quality.md viser formatet",
        )
    return suites


def _read(file: Path, kinds: Mapping[str, Kind], problems: list[str]) -> Suite | None:
    try:
        document = yaml.load(file.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 - both are safe
        suite = Suite.model_validate(document)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problems.append(f"{file.name}: kan ikke leses som YAML ({error})")
    except ValidationError as error:
        problems.extend(lines(file.name, error))
    else:
        found: list[str] = []
        expanded = [_expanded(e, suite.table, kinds, found) for e in suite.expectations]
        problems += [f"{file.name}: {problem}" for problem in found]
        return suite.model_copy(update={"expectations": tuple(expanded)})
    return None


def _expanded(
    expectation: Expectation, table: str, kinds: Mapping[str, Kind], problems: list[str]
) -> Expectation:
    """The expectation with the query of its kind, or as it is where it is of no kind."""
    if expectation.query is not None:
        problems.append("query skrives ikke i en fil; bruk arguments")
    kind = kinds.get(expectation.type)
    if kind is None:
        if not expectation.type.startswith("expect_") and expectation.type != ROWS:
            problems.append(f"ukjent type {expectation.type}; {FOLDER}/ har {', '.join(kinds)}")
        return expectation
    if expectation.category is not None:
        problems.append(f"{kind.name} sier selv hva det handler om; ta bort category")
    query = expand(kind, table, expectation.arguments, problems)
    return expectation.model_copy(update={"query": query, "category": kind.category})


def as_json(value: Any) -> str:
    """A value as audit tables hold it."""
    return json.dumps(value, ensure_ascii=False, default=str)
