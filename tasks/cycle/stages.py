"""The stages of a cycle, and how a cycle is named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from tasks.errors import WrongUse

Track = Literal["videregående", "fagskole"]

# Vocational-college grants have a clock of their own: the county funds places by criteria.
STAGES: dict[Track, tuple[str, ...]] = {
    "videregående": (
        "kunnskapsgrunnlag",
        "innspill",
        "prioritering",
        "forslag",
        "vedtak",
        "justering",
        "oppfølging",
    ),
    "fagskole": ("kriterier", "søknader", "tildeling"),
}
TITLES = {
    "kunnskapsgrunnlag": "Kunnskapsgrunnlag",
    "innspill": "Innspill",
    "prioritering": "Prioritering",
    "forslag": "Forslag",
    "vedtak": "Vedtak",
    "justering": "Søkertall og justering",
    "oppfølging": "Oppfølging",
    "kriterier": "Kriterier for tilskudd",
    "søknader": "Søknader fra fagskolene",
    "tildeling": "Tildeling av tilskudd",
}
DONE = "avsluttet"


@dataclass(frozen=True)
class Cycle:
    """One cycle.

    Attributes:
        id: `2027/28`, or `fagskole-2027` for the grants of a calendar year.
        track: Which clock it goes by.
        year: The year in which the school year begins, or the year of the grants.
    """

    id: str
    track: Track
    year: int

    @property
    def stages(self) -> tuple[str, ...]:
        """Its stages, in order."""
        return STAGES[self.track]

    @property
    def title(self) -> str:
        """What it is called in a sentence."""
        what = "fagskoletilskudd" if self.track == "fagskole" else "skoleåret"
        return f"{what} {self.year if self.track == 'fagskole' else self.id}"

    def place(self, stage: str) -> int:
        """The number of a stage from 0; one past the last for a cycle that is over."""
        return self.stages.index(stage) if stage in self.stages else len(self.stages)


def cycle(name: str) -> Cycle:
    """The cycle of a name.

    Raises:
        WrongUse: it names no cycle.
    """
    if found := re.fullmatch(r"(20\d\d)/(\d\d)", name):
        if (int(found[1]) + 1) % 100 == int(found[2]):
            return Cycle(name, "videregående", int(found[1]))
    elif found := re.fullmatch(r"fagskole-(20\d\d)", name):
        return Cycle(name, "fagskole", int(found[1]))
    raise WrongUse(
        subject="årshjul",
        expected="et skoleår som 2027/28, eller fagskole-2027 for fagskoletilskudd",
        got=repr(name),
        remedy="«tilbudsplan cycle status» viser dem som er åpne",
    )
