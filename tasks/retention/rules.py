"""The rules of retention: `data/reference/retention.toml`, read strictly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from tasks.errors import ConfigurationError
from tasks.strict import Declared, Exact, read_toml

FILE = "retention.toml"


class LandingRule(Declared):
    """Which nights' answers are kept: each for some days, then by month, then by year."""

    every_night_days: int = Field(ge=31, le=36_600)
    month_end_years: int = Field(ge=1, le=100)

    def __str__(self) -> str:
        return (
            f"hver natt i {self.every_night_days} dager, siste natt i måneden i "
            f"{self.month_end_years} år, deretter siste natt i året"
        )


class Length(Declared):
    """One number."""

    value: int = Field(ge=1, le=36_600)


class LogRule(Declared):
    """How big a log may grow, and how many older ones are kept beside it."""

    megabytes: Annotated[float, Field(gt=0, le=10_000)]
    files: int = Field(ge=1, le=100)


class ClockRule(Declared):
    """When the clock is believed: enough nights in a row without a long gap between two."""

    longest_gap_days: int = Field(ge=2, le=365)
    nights_in_a_row: int = Field(ge=2, le=365)


class Rules(Exact):
    """All of them."""

    landing: LandingRule
    nights: Length
    parsed: Length
    asof: Length
    logs: LogRule
    clock: ClockRule
    backup: Length
    returned: Length
    refused: Length


def load(reference: Path) -> Rules:
    """Read the rules.

    Args:
        reference: `data/reference`.

    Raises:
        ConfigurationError: naming every entry that is wrong, all at once.
    """
    problems: list[str] = []
    rules = read_toml(reference / FILE, Rules, problems)
    if rules is None:
        raise ConfigurationError(
            subject=str(reference / FILE),
            expected="regler for hvor lenge ting beholdes",
            got="; ".join(problems),
            remedy="rett filen, eller hent den fra depotet på nytt",
        )
    return rules
