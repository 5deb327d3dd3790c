"""Kinds: demands that many tables share, each one query with named parameters.

A kind is a file, `expectations/kinds/<kind>.sql`. Its header says what it demands, which parameters
it takes, what the failing rows show and how a good table is damaged so that it fails; below stands
one SELECT that gives the failing rows. `{table}` is the name of the table, `{batch}` its rows, and
`{parameter}` the SQL that a suite gives: a column, a condition, a number, or a list of columns.
`{parameter:text}` stands for words, and puts them in quotation marks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, get_args

__all__ = ["CATEGORIES", "FOLDER", "Category", "Kind", "expand", "read_kinds"]

FOLDER = "kinds"
# What a demand is about. A suite is held to the categories that its table admits.
Category = Literal[
    "key", "code", "total", "drift", "freshness", "border", "comparison", "schema", "value"
]
CATEGORIES = get_args(Category)
_FIELD = re.compile(r"^--\s*(Category|Demands|Shows|Damage):\s*(.*)$")
_PARAMETER = re.compile(r"^--\s*Parameter (\w+)(?: = (.*?))?: (.*)$")
_PLACEHOLDER = re.compile(r"\{(\w+)(:text)?\}")
_GIVEN = frozenset({"batch", "table"})


@dataclass(frozen=True)
class Parameter:
    """One parameter of a kind.

    Attributes:
        meaning: What it is.
        default: What it is where a suite says nothing; None where a suite must say it.
    """

    meaning: str
    default: str | None


@dataclass(frozen=True)
class Kind:
    """A demand with open places.

    Attributes:
        name: What suites call it.
        category: What the demand is about.
        demands: What it demands, in words.
        shows: What the failing rows show.
        damage: How a good table is damaged so that it fails.
        parameters: Its parameters, by name.
        sql: One SELECT that gives the failing rows.
    """

    name: str
    category: str
    demands: str
    shows: str
    damage: str
    parameters: Mapping[str, Parameter]
    sql: str


def read_kinds(folder: Path, problems: list[str]) -> dict[str, Kind]:
    """Every kind of `expectations/kinds`, by name; what is wrong with the files is added."""
    return {file.stem: _read(file, problems) for file in sorted((folder / FOLDER).glob("*.sql"))}


def expand(kind: Kind, table: str, arguments: Mapping[str, object], problems: list[str]) -> str:
    """The query of a kind with the arguments of a suite in it; `{batch}` is left.

    Args:
        kind: The kind.
        table: `schema.table`.
        arguments: SQL by parameter: text, a number, a date, or a list, which is joined by commas.
        problems: Gets what is unknown or missing.
    """
    for name in sorted(set(arguments) - set(kind.parameters)):
        problems.append(f"{kind.name} har ingen parameter {name}; den har {_listed(kind)}")
    given: dict[str, object] = dict(arguments)
    for name, parameter in kind.parameters.items():
        if name in given:
            continue
        if parameter.default is None:
            problems.append(f"{kind.name} mangler {name}: {parameter.meaning}")
        given[name] = parameter.default or ""
    given |= {"table": table, "batch": "{batch}"}

    def filled(match: re.Match[str]) -> str:
        name, as_text = match.groups()
        return _sql(given[name], as_text=bool(as_text)) if name in given else match[0]

    # Twice: a default may name another parameter.
    return _PLACEHOLDER.sub(filled, _PLACEHOLDER.sub(filled, kind.sql))


def _sql(value: object, *, as_text: bool = False) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_sql(part, as_text=as_text) for part in value)
    if as_text:
        return "'" + str(value).replace("'", "''") + "'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return str(value)


def _listed(kind: Kind) -> str:
    return ", ".join(kind.parameters)


def _read(file: Path, problems: list[str]) -> Kind:
    header, body = _split(file.read_text(encoding="utf-8"))
    fields: dict[str, str] = {}
    parameters: dict[str, Parameter] = {}
    goes_on = ""
    for line in header[1:]:
        if match := _PARAMETER.match(line):
            goes_on = match[1]
            parameters[goes_on] = Parameter(match[3].strip(), match[2])
        elif match := _FIELD.match(line):
            goes_on = match[1]
            fields[goes_on] = match[2].strip()
        elif goes_on in parameters:
            before = parameters[goes_on]
            parameters[goes_on] = Parameter(f"{before.meaning} {_text(line)}", before.default)
        elif goes_on:
            fields[goes_on] += f" {_text(line)}"
    kind = Kind(
        file.stem,
        fields.get("Category", ""),
        fields.get("Demands", ""),
        fields.get("Shows", ""),
        fields.get("Damage", ""),
        parameters,
        body,
    )
    problems += [f"{file.name}: {problem}" for problem in _mistakes(kind, header)]
    return kind


def _split(text: str) -> tuple[list[str], str]:
    """The leading comment, line by line, and what stands below it."""
    lines = text.splitlines()
    end = next((n for n, line in enumerate(lines) if not line.startswith("--")), len(lines))
    return lines[:end], "\n".join(lines[end:]).strip().rstrip(";")


def _text(line: str) -> str:
    return line.removeprefix("--").strip()


def _mistakes(kind: Kind, header: list[str]) -> list[str]:
    found = []
    title = _text(header[0]) if header else ""
    if title != kind.name:
        found.append(f"første linje er «{title}», ventet «-- {kind.name}»")
    words = {
        "Category": kind.category,
        "Demands": kind.demands,
        "Shows": kind.shows,
        "Damage": kind.damage,
    }
    absent = [name for name, said in words.items() if not said]
    if absent:
        found.append(f"hodet mangler {', '.join(absent)}")
    if kind.category and kind.category not in CATEGORIES:
        known = ", ".join(sorted(CATEGORIES))
        found.append(f"Category er «{kind.category}», kjente er {known}")
    defaults = " ".join(p.default or "" for p in kind.parameters.values())
    named = {name for name, _ in _PLACEHOLDER.findall(f"{kind.sql} {defaults}")} - _GIVEN
    if named - set(kind.parameters):
        unknown = ", ".join(sorted(named - set(kind.parameters)))
        found.append(f"spørringen bruker {unknown}, som hodet ikke nevner")
    if set(kind.parameters) - named:
        unused = ", ".join(sorted(set(kind.parameters) - named))
        found.append(f"hodet nevner {unused}, som spørringen ikke bruker")
    return found
