"""What is said of classes in Norwegian: what one more or fewer would give, break, and move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from tasks.forecast.types import Float
from tasks.places.types import Problem

if TYPE_CHECKING:
    from tasks.places.explain import Marginal
    from tasks.places.reassign import Moves

# Goals and rules as a planner reads them; of a goal, more is worse.
TOLD = {
    "udekket_behov": "udekket behov",
    "uten_laereplass": "søkere uten læreplass",
    "forstevalg": "elever uten førstevalget",
    "reise": "elever med lang reise eller plass utenfor regionen",
    "kostnad": "kroner",
    "endring_fra_i_aar": "klasser endret fra i år",
    "rett": "retten til plass",
    "budsjett": "budsjettet",
    "minstefylling": "minstefylling",
}
# Persons who are so few that nothing is said of them.
FEW = 0.5
# Places that are named of where pupils go or come from.
MOST_NAMED = 5
NO_BREAK = "\N{NO-BREAK SPACE}"


MORE = "Én klasse mer"


def fewer(found: Marginal) -> str:
    """One class fewer; from half a class or one there is nothing left."""
    return "Én klasse færre" if found.classes else "Uten tilbudet"


def number(value: float) -> str:
    """A number of classes."""
    return f"{value:g}".replace(".", ",")


def from_to(verdict: str, now: float, then: float) -> str:
    """What becomes of an offer: `utvides, 1 → 2`; of one that stands, how many it has."""
    if now == then:
        return f"{verdict}, {number(now)}" if now else "ikke i år, og ikke i planen"
    return f"{verdict}, {number(now)} → {number(then)}"


def classes(value: float) -> str:
    """A number of classes, with the word."""
    return f"{number(value)} {'klasse' if value <= 1 else 'klasser'}"


def whole(value: float) -> str:
    """A number of persons."""
    return f"{value:,.0f}".replace(",", NO_BREAK)


def lacking(persons: float) -> str:
    """Rule of the right that would be broken."""
    return f"{whole(persons)} med rett ville stå uten plass"


def underfilled(seats: float) -> str:
    """Rule of minimum fill that would be broken."""
    short = whole(max(seats, 1.0))
    return f"en klasse ville være fylt under minstegrensen ({short} elever for lite)"


def over_budget(nok: float) -> str:
    """Budget that would be broken."""
    return f"budsjettet ville sprekke med {nok / 1e6:.1f} mill. kroner".replace(".", ",", 1)


def few_teachers(most: float) -> str:
    """Rule of teachers that would be broken."""
    return f"tilbudet ville vokse mer enn lærerne rekker til (høyst {classes(most)})"


def no_room(room: str, most: float) -> str:
    """Rule of rooms that would be broken."""
    return f"det er ikke rom: {room} (høyst {classes(most)})"


def effects(problem: Problem, found: Marginal) -> str:
    """What other classes would change in the goals, and break."""
    return "; ".join([differences(problem, found.change), *found.breaks])


def differences(problem: Problem, change: Mapping[str, float]) -> str:
    """By how much goals differ, in their order; what is hardly anything is left out."""
    told = [
        f"{_signed(change[g.id], g.id)} {TOLD[g.id]}"
        for g in problem.goals
        if g.id != "endring_fra_i_aar" and abs(change[g.id]) >= (1 if g.id == "kostnad" else 0.05)
    ]
    return "; ".join(told) or "ingen forskjell i målene"


def movers(problem: Problem, moves: Moves, regions: Mapping[str, str]) -> str:
    """Who would be elsewhere, one sentence."""
    if moves.moved.sum() < FEW:
        return "ingen ville fått en annen plass."
    here, said = float(moves.here.sum()), []
    homes = _by_home(problem, np.abs(moves.here), regions)
    if here >= FEW:
        said.append(f"{whole(here)} elever ville gått her ({homes})")
    elif here <= -FEW:
        said.append(f"{whole(-here)} elever måtte gått et annet sted ({homes})")
    if moves.moved.sum() > abs(here) + FEW:
        said.append(f"{whole(moves.moved.sum())} i alt ville fått en annen plass enn i planen")
    if moves.other_area.sum() >= FEW:
        said.append(f"{whole(moves.other_area.sum())} i et annet programområde")
    if abs(far := float(moves.far.sum())) >= FEW:
        more = "flere" if far > 0 else "færre"
        where = _signed_by_home(problem, moves.far, regions)
        said.append(
            f"{whole(abs(far))} {more} med lang reise eller plass utenfor regionen ({where})"
        )
    if moves.without.sum() >= FEW:
        where = _by_home(problem, moves.without, regions)
        said.append(f"{whole(moves.without.sum())} uten plass ({where})")
    return f"{'; '.join(said)}."


def elsewhere(problem: Problem, moves: Moves, pair: int) -> list[str]:
    """Which other places would have more pupils, and which fewer, the largest changes first."""
    change = moves.pair.copy()
    change[pair] = 0
    said = []
    for sign, word in ((1.0, "Flere"), (-1.0, "Færre")):
        mine = np.flatnonzero(change * sign >= FEW)
        first = mine[np.argsort(-change[mine] * sign, kind="stable")][:MOST_NAMED]
        named = [f"{_place(problem, int(k))} {_signed(change[k], '')}" for k in first]
        rest = len(mine) - len(first)
        if named:
            said.append(f"{word} på: {'; '.join(named)}{f'; og {rest} andre' if rest > 0 else ''}.")
    return said


def named(regions: Mapping[str, str], code: str) -> str:
    """What a region is called."""
    return regions.get(code, "andre fylker" if code == "9999" else code)


def _by_home(problem: Problem, persons: Float, regions: Mapping[str, str]) -> str:
    """Persons by home region, most first."""
    order = [int(r) for r in np.argsort(-persons, kind="stable") if persons[r] >= FEW]
    return ", ".join(f"{whole(persons[r])} fra {named(regions, problem.regions[r])}" for r in order)


def _signed_by_home(problem: Problem, persons: Float, regions: Mapping[str, str]) -> str:
    """More or fewer persons by home region, the largest change first."""
    order = np.argsort(-np.abs(persons), kind="stable")
    told = [int(r) for r in order if abs(persons[r]) >= FEW]
    return ", ".join(
        f"{named(regions, problem.regions[r])} {_signed(persons[r], '')}" for r in told
    )


def _place(problem: Problem, pair: int) -> str:
    count, others = len(problem.own), problem.others
    if pair < count:
        return problem.label(pair)
    return f"{others.name[pair - count]}, {problem.area_names[others.area[pair - count]]}"


def _signed(value: float, goal: str) -> str:
    shown = f"{value:+,.0f}".replace(",", NO_BREAK) if goal in ("kostnad", "") else f"{value:+.1f}"
    return shown.replace(".", ",").replace("-", "−")


def listed(items: Iterable[str]) -> str:
    """`a, b og c`."""
    first, *rest = [*items] or [""]
    return f"{', '.join([first, *rest[:-1]])} og {rest[-1]}" if rest else first


def amount(goal: str, value: float) -> str:
    """An amount of a goal, with its unit."""
    if goal == "kostnad":
        return f"{value / 1e6:.1f} mill. kroner".replace(".", ",", 1)
    unit = "klasser" if goal == "endring_fra_i_aar" else "personer"
    return f"{value:.1f} {unit}".replace(".", ",")


def change(goal: str, value: float) -> str:
    """A change in a goal, as more or less of it."""
    if goal == "kostnad":
        return f"{amount(goal, abs(value))} {'mer' if value > 0 else 'mindre'} i kostnad"
    return f"{_signed(value, goal)} {TOLD[goal]}"
