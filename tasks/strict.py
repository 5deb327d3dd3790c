"""Strict reading of files that people edit: every mistake with its place and remedy."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

__all__ = ["Strict", "lines", "norwegian"]


class Strict(BaseModel):
    """Unknown keys are mistakes: a misspelt key must not pass as a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


_BOUNDS = {
    "greater_than": "mer enn {gt}",
    "greater_than_equal": "minst {ge}",
    "less_than": "mindre enn {lt}",
    "less_than_equal": "høyst {le}",
    "string_too_short": "minst {min_length} tegn",
    "string_too_long": "høyst {max_length} tegn",
}
# What the first word of pydantic's other kinds of mistake asks for.
_KINDS = {
    "int": "et heltall",
    "float": "et tall",
    "bool": "true eller false",
    "string": "en tekst i anførselstegn",
    "date": "en dato, åååå-mm-dd",
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
    context = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return "mangler. Legg til nøkkelen"
        case "extra_forbidden":
            return "er en ukjent nøkkel. Rett skrivemåten eller slett den"
        case "literal_error":
            return f"er {detail['input']!r}, ventet {context.get('expected')}. Velg en av dem"
        case "string_pattern_mismatch":
            pattern = context.get("pattern")
            return f"er {detail['input']!r}, ventet formen {pattern}. Rett skrivemåten"
        case "value_error":
            return f"{context.get('error')}. Rett oppføringen"
        case kind if kind in _BOUNDS:
            bound = _BOUNDS[kind].format_map(context)
            return f"er {detail['input']!r}, ventet {bound}. Rett verdien"
        case kind if kind.partition("_")[0] in _KINDS:
            return f"er {detail['input']!r}, ventet {_KINDS[kind.partition('_')[0]]}. Rett verdien"
        case _:
            return f"er {detail['input']!r}: {detail['msg']}. Rett verdien"
