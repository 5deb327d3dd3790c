"""The rules of retention: `data/reference/retention.toml`, read strictly."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tasks.errors import ConfigurationError

FILE = "retention.toml"


class _Strict(BaseModel):
    """One entry of the file, with where its numbers came from; unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    unit: str
    source: str
    confidence: Literal["confirmed", "unconfirmed"]


class LandingRule(_Strict):
    """Which nights' answers are kept: each for some days, then by month, then by year."""

    every_night_days: int = Field(ge=31, le=36_600)
    month_end_years: int = Field(ge=1, le=100)

    def __str__(self) -> str:
        return (
            f"hver natt i {self.every_night_days} dager, siste natt i måneden i "
            f"{self.month_end_years} år, deretter siste natt i året"
        )


class Length(_Strict):
    """One number."""

    value: int = Field(ge=1, le=36_600)


class LogRule(_Strict):
    """How big a log may grow, and how many older ones are kept beside it."""

    megabytes: Annotated[int | float, Field(gt=0, le=10_000)]
    files: int = Field(ge=1, le=100)


class ClockRule(_Strict):
    """When the clock is believed: enough nights in a row without a long gap between two."""

    longest_gap_days: int = Field(ge=2, le=365)
    nights_in_a_row: int = Field(ge=2, le=365)


class Rules(BaseModel):
    """All of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    landing: LandingRule
    nights: Length
    parsed: Length
    asof: Length
    logs: LogRule
    clock: ClockRule
    backup: Length
    returned: Length
    refused: Length


_SAID = {
    "missing": "mangler",
    "extra_forbidden": "er ukjent",
    "int_type": "må være et heltall",
    "greater_than_equal": "må være minst {ge}",
    "greater_than": "må være over {gt}",
    "less_than_equal": "kan ikke være over {le}",
}


def load(reference: Path) -> Rules:
    """Read the rules.

    Args:
        reference: `data/reference`.

    Raises:
        ConfigurationError: naming every entry that is wrong, all at once.
    """
    path = reference / FILE
    try:
        return Rules.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise _unreadable(path, "ingen fil") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _unreadable(path, f"noe som ikke er TOML ({error})") from error
    except ValidationError as error:
        wrong = []
        for detail in error.errors():
            said = _SAID.get(detail["type"], "kan ikke brukes")
            name = ".".join(str(part) for part in detail["loc"])
            wrong.append(f"{name} {said.format_map(detail.get('ctx', {}))}")
        raise _unreadable(path, "; ".join(wrong)) from error


def _unreadable(path: Path, got: str) -> ConfigurationError:
    return ConfigurationError(
        subject=str(path),
        expected="regler for hvor lenge ting beholdes",
        got=got,
        remedy="rett filen, eller hent den fra depotet på nytt",
    )
