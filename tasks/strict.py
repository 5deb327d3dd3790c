"""Strict reading of files that people edit: every mistake with its place and remedy.

A file is read into a model of pydantic; what is wrong with it is added to a list, so that a reader
of several files tells all their mistakes at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

__all__ = [
    "Declared",
    "Exact",
    "Strict",
    "Text",
    "Told",
    "checked",
    "lines",
    "norwegian",
    "read_toml",
    "toml_document",
    "unconfirmed",
]

Text = Annotated[str, StringConstraints(min_length=1)]
M = TypeVar("M", bound=BaseModel)


class Strict(BaseModel):
    """Unknown keys are mistakes: a misspelt key must not pass as a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Exact(Strict):
    """Nor is a value made into another kind: "0,8" in quotes is no number, and true no count.

    TOML has lists and no tuples; a field that is one is declared with `Field(strict=False)`, and
    what stands in it is still held to its kind.
    """

    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class Told(Exact):
    """An entry that says where its values come from.

    Attributes:
        source: Who says so, or whose choice it is.
        confidence: Whether somebody has confirmed it.
    """

    source: Text
    confidence: Literal["confirmed", "unconfirmed"]


class Declared(Told):
    """An entry with a unit: an assumption of the rules.

    Attributes:
        unit: What is counted.
    """

    unit: Text


def unconfirmed(file: BaseModel) -> Iterator[tuple[str, str]]:
    """Entries of a file that nobody has confirmed, each with its source.

    An entry of a list is called by its `id` or `programme`, else by its number.
    """
    for table in type(file).model_fields:
        entry = getattr(file, table)
        entries = entry if isinstance(entry, tuple | list) else [entry]
        for number, one in enumerate(entries, 1):
            if isinstance(one, Told) and one.confidence == "unconfirmed":
                name = getattr(one, "id", None) or getattr(one, "programme", None) or number
                yield f"[{table}]" if one is entry else f"[[{table}]] {name}", one.source


_BOUNDS = {
    "greater_than": "mer enn {gt}",
    "greater_than_equal": "minst {ge}",
    "less_than": "mindre enn {lt}",
    "less_than_equal": "høyst {le}",
    "too_short": "minst {min_length} i listen",
    "too_long": "høyst {max_length} i listen",
    "string_too_short": "minst {min_length} tegn",
    "string_too_long": "høyst {max_length} tegn",
}
# What the first word of pydantic's other kinds of mistake asks for.
_KINDS = {
    "int": "et heltall",
    "float": "et tall",
    "bool": "true eller false",
    "string": "en tekst i anførselstegn",
    "finite": "et endelig tall",
    "date": "en dato, åååå-mm-dd",
    "time": "et klokkeslett, tt:mm:ss",
    "tuple": "en liste i [ ]",
    "list": "en liste i [ ]",
    "dict": "en oppføring med navn og verdi",
    "model": "en oppføring med navn og verdi",
}


def lines(label: str, error: ValidationError) -> Iterator[str]:
    """One line per mistake of a document: where it is, what was expected, and the remedy."""
    for detail in error.errors():
        key = ".".join(str(part) for part in detail["loc"]) or "(hele oppføringen)"
        yield f"{label} {key}: {norwegian(detail)}"


def norwegian(detail: ErrorDetails) -> str:
    """Tell a planner what is wrong with a key, and the remedy."""
    found = f"er {_shown(detail['input'])}, ventet"
    match detail["type"]:
        case "missing":
            return "mangler. Legg til nøkkelen"
        case "extra_forbidden":
            return "er en ukjent nøkkel. Rett skrivemåten eller slett den"
        case "literal_error":
            choices = detail["ctx"]["expected"].replace(" or ", " eller ")
            return f"{found} {choices}. Velg en av dem"
        case "string_pattern_mismatch":
            return f"{found} formen {detail['ctx']['pattern']}. Rett skrivemåten"
        case "value_error":
            return f"{detail['ctx']['error']}. Rett oppføringen"
        case kind if kind in _BOUNDS:
            limits = {k: _shown(v) if isinstance(v, float) else v for k, v in detail["ctx"].items()}
            return f"{found} {_BOUNDS[kind].format_map(limits)}. Rett verdien"
        case kind if kind.partition("_")[0] in _KINDS:
            return f"{found} {_KINDS[kind.partition('_')[0]]}. Rett verdien"
        case _:
            return f"er {_shown(detail['input'])}: {detail['msg']}. Rett verdien"


def _shown(value: object) -> str:
    """A value as TOML writes it, more or less."""
    match value:
        case bool():
            return str(value).lower()
        case date() | time():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return repr(value)


def read_toml(path: Path, model: type[M], problems: list[str]) -> M | None:
    """Read a file into a model.

    Args:
        path: The file.
        model: What it must hold.
        problems: Gets a line per mistake: file, key, what came, what was expected, remedy.

    Returns:
        The model; None where there were mistakes.
    """
    document = toml_document(path, problems)
    return None if document is None else checked(document, model, path.name, problems)


def toml_document(path: Path, problems: list[str]) -> dict[str, Any] | None:
    """A TOML file as it stands; None where it cannot be read, and `problems` says why."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problems.append(f"{path.name}: finnes ikke. Hent filen fra depotet på nytt")
    except OSError as error:
        problems.append(
            f"{path.name}: kan ikke åpnes ({error.strerror}). Sjekk tilgangen til filen"
        )
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path.name}: kan ikke leses som TOML ({error}). Rett opp linjen")
    return None


def checked(document: Any, model: type[M], file: str, problems: list[str]) -> M | None:
    """A whole document as a model; None where it has mistakes, a line each in `problems`."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        problems.extend(f"{file} {_place(one)}: {norwegian(one)}" for one in error.errors())
    return None


def _place(detail: ErrorDetails) -> str:
    """Where in a file, as it is written there: `[table] key`, `[[table]] nr. 2 key`."""
    if not detail["loc"]:
        return "(hele filen)"
    first, *rest = detail["loc"]
    numbered = bool(rest) and isinstance(rest[0], int)
    is_table = isinstance(detail["input"], dict) and detail["type"] != "missing"
    if numbered and (len(rest) > 1 or is_table):
        first = f"[[{first}]]"
    elif is_table or (rest and not numbered):
        first = f"[{first}]"
    return " ".join([str(first), *(f"nr. {p + 1}" if isinstance(p, int) else p for p in rest)])
