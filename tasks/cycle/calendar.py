"""The county's calendar: `data/reference/counties/<county>/calendar.toml`, read strictly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from tasks.alerts.policy import Addresses, reachable
from tasks.cycle import acts
from tasks.cycle.acts import Channel
from tasks.cycle.stages import STAGES, Cycle, Track
from tasks.errors import ConfigurationError
from tasks.forms import calendar as rounds
from tasks.strict import Exact, Text, Told, read_toml

FILE = "calendar.toml"
# 29 February is left out: the day must be there every year.
MonthDay = Annotated[
    str,
    StringConstraints(
        pattern=r"^(0[13578]|1[02])-(0[1-9]|[12]\d|3[01])$"
        r"|^(0[469]|11)-(0[1-9]|[12]\d|30)$|^02-(0[1-9]|1\d|2[0-8])$"
    ),
]
Days = Annotated[tuple[Annotated[int, Field(ge=1, le=120)], ...], Field(strict=False)]


class Who(Exact):
    """Somebody who is awaited.

    Attributes:
        title: What they are called in a sentence.
        addresses: Where reminders go.
    """

    title: Text
    addresses: Addresses = ()


class Milestone(Told):
    """What must be done in a stage, by when, and by whom.

    Attributes:
        act: What is done, as `tasks.cycle.acts` names it.
        channel: Of an input: the way it comes.
        when: Of a count: which.
        year: Years from the year of the cycle.
        opens: The day from which it can be done (month-day).
        due: The last day of it (month-day).
        remind_days: How many days before, there is a reminder.
    """

    track: Track
    stage: Text
    act: Text
    channel: Channel | None = None
    when: Literal["første inntak", "andre inntak", "1. oktober", "31. desember"] | None = None
    title: Text
    year: int = Field(ge=-2, le=2)
    opens: MonthDay
    due: MonthDay
    who: Text
    remind_days: Days

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.stage not in STAGES[self.track]:
            raise ValueError(f"«{self.stage}» er ikke et trinn i {', '.join(STAGES[self.track])}")
        kind = acts.BY_NAME.get(self.act)
        if kind is None or (kind.STAGES and self.stage not in kind.STAGES):
            raise ValueError(f"«{self.act}» er ikke en handling i trinnet «{self.stage}»")
        if (self.channel is not None) != (kind is acts.Input):
            raise ValueError("channel skal stå ved «innspill», og bare der")
        if (self.when is not None) != (kind is acts.Count):
            raise ValueError("when skal stå ved «telling», og bare der")
        if self.opens > self.due:
            raise ValueError(f"åpner {self.opens}, etter fristen {self.due}")
        return self


class CalendarFile(Exact):
    """The whole file."""

    overdue_days: int = Field(ge=1, le=60)
    who: dict[str, Who]
    milestone: Annotated[tuple[Milestone, ...], Field(strict=False, min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for one in self.milestone:
            if one.who not in self.who:
                raise ValueError(f"«{one.who}» ved «{one.title}» står ikke under [who]")
        for track, stages in STAGES.items():
            there = {one.stage for one in self.milestone if one.track == track}
            if lacking := [stage for stage in stages if stage not in there]:
                raise ValueError(f"{track} mangler trinn: {', '.join(lacking)}")
        return self


@dataclass(frozen=True)
class Dated:
    """A milestone of one cycle.

    Attributes:
        stage: Its stage.
        act: What is done, as `tasks.cycle.acts` names it.
        part: Channel of an input, or which count; empty otherwise.
        title: What it is called.
        opens: First day.
        due: Last day.
        who: Who is awaited, in words.
        addresses: Where reminders go, those that are set.
        remind_days: How many days before, there is a reminder.
        confirmed: Whether somebody has confirmed the date.
        source: Who says so.
    """

    stage: str
    act: str
    part: str
    title: str
    opens: date
    due: date
    who: str
    addresses: tuple[str, ...]
    remind_days: tuple[int, ...]
    confirmed: bool
    source: str

    @property
    def key(self) -> str:
        """What it is known by in a cycle."""
        return f"{self.stage}/{self.act}/{self.part}"


@dataclass(frozen=True)
class Calendar:
    """The dates of a county.

    Attributes:
        file: The file as it was read.
        rounds: Rounds of the forms, whose deadlines go before those of the file.
    """

    file: CalendarFile
    rounds: Sequence[rounds.Round]

    def of(self, cycle: Cycle) -> list[Dated]:
        """The milestones of a cycle, in the order of its stages and then of their days."""
        found = [self._dated(one, cycle) for one in self.file.milestone if one.track == cycle.track]
        return sorted(found, key=lambda one: (cycle.place(one.stage), one.due))

    def _dated(self, one: Milestone, cycle: Cycle) -> Dated:
        year = cycle.year + one.year
        opens, due = (date.fromisoformat(f"{year}-{day}") for day in (one.opens, one.due))
        for declared in self.rounds:
            if one.channel == declared.form and declared.year == cycle.year:
                opens, due = declared.opens, declared.deadline
        who = self.file.who[one.who]
        return Dated(
            stage=one.stage,
            act=one.act,
            part=one.channel or one.when or "",
            title=one.title,
            opens=opens,
            due=due,
            who=who.title,
            addresses=reachable(who.addresses),
            remind_days=one.remind_days,
            confirmed=one.confidence == "confirmed",
            source=one.source,
        )


def read(reference: Path, county: str) -> Calendar:
    """Read a county's calendar.

    Args:
        reference: `data/reference`.
        county: The county's code.

    Raises:
        ConfigurationError: it is missing or has mistakes, all of them told at once.
    """
    problems: list[str] = []
    folder = reference / "counties" / county
    found = read_toml(folder / FILE, CalendarFile, problems)
    if found is None:
        raise ConfigurationError(
            subject=str(folder / FILE),
            expected="årshjulets datoer",
            got="; ".join(problems),
            remedy="rett filen; docs/cycle.md forklarer den",
        )
    return Calendar(found, rounds.rounds(reference))
