"""What two goals cost each other, in Norwegian: the points of a front in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import polars as pl

from tasks.places import words

# How much less of the bounded goal a price is told for; persons where nothing else stands.
STEPS = {"kostnad": 10e6, "endring_fra_i_aar": 10.0}
PERSONS = 100.0
DECIMAL_UNDER = 100
MILLIONS = " mill. kroner"
_NORWEGIAN = str.maketrans({",": "\N{NO-BREAK SPACE}", ".": ",", "-": "−"})
NAMES = words.TOLD | {"kostnad": "kostnad"}
# What stands behind an amount of a goal.
OF = words.TOLD | {"kostnad": "", "udekket_behov": "personer udekket behov"}
MORE = {goal: f"flere {of}" for goal, of in OF.items()}
MORE |= {"kostnad": "mer", "udekket_behov": "personer mer udekket behov"}
# Rounding that is no difference, as a share.
NEARLY = 1e-5


def said(points: pl.DataFrame, bounded: str, minimised: str, own: Mapping[str, float]) -> list[str]:
    """The front in sentences: its ends, where the plan lies against it, and what each step costs.

    Args:
        points: Table `tradeoff`.
        bounded: The goal with a limit.
        minimised: The other goal.
        own: The plan's goals.
    """
    rows = points.to_dicts()
    for row in rows:
        row["both"] = f"{told(bounded, row['bounded'])} og {told(minimised, row['minimised'])}"
    where = _where(rows, bounded, minimised, own)
    if len(rows) == 1:
        return [f"De to målene står ikke mot hverandre: best i begge er {rows[0]['both']}.", where]
    ends = [
        f"Minst mulig av {NAMES[goal]}: {row['both']}."
        for goal, row in ((bounded, rows[0]), (minimised, rows[-1]))
    ]
    steps = [_step(here, there, bounded, minimised) for here, there in pairwise(rows)]
    return [*ends, where, *reversed(steps)]


def _where(
    rows: Sequence[Mapping[str, Any]], bounded: str, minimised: str, own: Mapping[str, float]
) -> str:
    """How far the plan is from the front, with as much of the bounded goal."""
    mine = f"Planen har {told(bounded, own[bounded])} og {told(minimised, own[minimised])}."
    row = rows[within(rows, own[bounded])]
    above = own[minimised] - row["minimised"]
    if above <= row["tolerance"]:
        return f"{mine} Det er så nær det beste de to målene kan gi sammen som søket skiller."
    return (
        f"{mine} Skulle bare de to målene telle, finnes det en plan med {row['both']}. "
        f"Forskjellen, {told(minimised, above)}, er det som de andre målene koster."
    )


def within(rows: Sequence[Mapping[str, Any]], limit: float) -> int:
    """Which row of the front is the best with no more of the bounded goal than a limit."""
    most = limit + NEARLY * max(abs(limit), 1.0)
    return max(sum(bool(row["bounded"] <= most) for row in rows) - 1, 0)


def _step(here: Mapping[str, Any], there: Mapping[str, Any], bounded: str, minimised: str) -> str:
    """What going on from one point to the next with less of the bounded goal costs."""
    step = step_of(bounded)
    price, low, high = (step * here[f"price{end}"] for end in ("", "_low", "_high"))
    return (
        f"Fra {told(bounded, there['bounded'])} til {amount(bounded, here['bounded'])}: "
        f"{amount(bounded, step)} mindre gir {amount(minimised, price)} {MORE[minimised]} "
        f"(mellom {amount(minimised, low).removesuffix(MILLIONS)} og {amount(minimised, high)})."
    )


def step_of(bounded: str) -> float:
    """How much less of a goal its price is told for: 100 persons, 10 classes, 10 million kroner."""
    return STEPS.get(bounded, PERSONS)


def told(goal: str, value: float) -> str:
    """An amount of a goal with what it is of; kroner in millions."""
    return f"{amount(goal, value)} {OF[goal]}".rstrip()


def amount(goal: str, value: float) -> str:
    """The amount alone; small ones with a decimal."""
    value = value / 1e6 if goal == "kostnad" else value
    decimals = 0 if goal not in STEPS and abs(value) >= DECIMAL_UNDER else 1
    shown = f"{value:,.{decimals}f}".translate(_NORWEGIAN).removesuffix(",0")
    return f"{shown}{MILLIONS}" if goal == "kostnad" else shown
