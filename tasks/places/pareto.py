"""Two goals against each other: the least that one can be for each limit on the other.

The ε-constraint method (Haimes, Lasdon and Wismer 1971): rules hold, other goals do not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tasks.forecast.types import Float
from tasks.places.rules import Goal
from tasks.places.search import Search, Stage
from tasks.places.solve import Plan


@dataclass(frozen=True)
class Point:
    """A plan that meets two goals as well as they can be met together.

    Attributes:
        plan: The plan; its other goals are as they happen to be.
        limit: The bounded goal was to be no more.
        bounded: What it is.
        stage: How well the other goal is met: no plan within the limit can be under its bound.
    """

    plan: Plan
    limit: float
    bounded: float
    stage: Stage


@dataclass(frozen=True)
class Front:
    """Plans that no other is found to better in both goals, the bounded one rising.

    Attributes:
        bounded: The goal with a limit.
        minimised: The goal that is made least.
        best: How well each can be met alone, in that order.
        points: At least one.
    """

    bounded: Goal
    minimised: Goal
    best: tuple[Stage, Stage]
    points: tuple[Point, ...]


def front(plan: Plan, bounded: Goal, minimised: Goal, points: int) -> Front:
    """The front of two goals, under the rules that a plan was made by and what is set by hand.

    Its ends are each goal's own best with the other as good as it can be then. Between them are
    `points` limits as far apart, and the plan's own value in place of one that it lies close to.
    They are solved as the limit rises, each from the plan before it, so that the other goal only
    falls.

    Args:
        plan: A plan that keeps the rules (`plans.restore`); the search starts from it.
        bounded: The goal with a limit.
        minimised: Another goal.
        points: How many limits between the ends.

    Raises:
        ValueError: The goals are one, or no plan keeps the rules.
    """
    two = _Two(plan, bounded, minimised)
    x, alone = two.least(0, np.inf, plan.x)
    first = two.point(alone.value, x)
    x, other = two.least(1, np.inf, plan.x)
    # The other end: as little as can be of the bounded goal where the other is at its best.
    x, there = two.least(0, other.value, x)
    last = Point(two.plan(x), there.value, there.value, replace(other, value=two.value(1, x)))
    own = two.value(0, plan.x)
    found = [first]
    for limit in _limits(first.limit, last.bounded, own, points):
        found.append(two.point(limit, found[-1].plan.x))
    return Front(bounded, minimised, (alone, other), tuple(_undominated([*found, last])))


def _limits(low: float, high: float, own: float, points: int) -> list[float]:
    """Limits between two ends, rising; the plan's own instead of one that it lies close to."""
    if high <= low:
        return []
    step = (high - low) / (points + 1)
    limits = [low + step * n for n in range(1, points + 1)]
    if low < own < high:
        limits = sorted([own, *(v for v in limits if abs(v - own) >= step / 2)])
    return limits


class _Two:
    """Searches of a plan's model for two goals, 0 and 1."""

    def __init__(self, plan: Plan, bounded: Goal, minimised: Goal) -> None:
        if bounded == minimised:
            raise ValueError("two goals are needed")
        rules = plan.problem.goals
        self.ids = (bounded, minimised)
        self.at = tuple([g.id for g in rules].index(one) for one in self.ids)
        self.former = plan

    def plan(self, x: Float) -> Plan:
        return Plan(self.former.problem, self.former.model, x, ())

    def value(self, goal: int, x: Float) -> float:
        return self.former.model.value(self.at[goal], x)

    def least(self, goal: int, limit: float, start: Float) -> tuple[Float, Stage]:
        """The least of a goal where the other is at most `limit`."""
        found = self._search(1 - goal, limit).minimise(self.at[goal], start)
        if found is None:
            raise ValueError("no plan keeps the rules")
        return found

    def point(self, limit: float, start: Float) -> Point:
        """Least of the second goal, and then of the first in the same classes."""
        x, stage = self.least(1, limit, start)
        x = self._search(1, stage.value).replace_pupils(self.at[0], x)
        stage = replace(stage, value=self.value(1, x))
        return Point(self.plan(x), limit, self.value(0, x), stage)

    def _search(self, held: int, most: float) -> Search:
        order = (self.at[1 - held], self.at[held])
        search = Search(self.former.problem, self.former.model, order)
        if np.isfinite(most):
            search.hold(self.at[held], most)
        return search


def _undominated(points: list[Point]) -> Iterator[Point]:
    """Points that no other betters; each bound as good as a looser limit's, which holds there too.

    Searches end within a tolerance, so that a limit may give the same plan as the one before it.
    """
    bounds = np.maximum.accumulate([p.stage.bound for p in reversed(points)])[::-1]
    least = np.inf
    raised = zip(points, bounds.tolist(), strict=True)
    for point, bound in sorted(raised, key=lambda one: (one[0].bounded, one[0].stage.value)):
        stage = point.stage
        if stage.value < least:
            least = stage.value
            met = stage.value - bound <= stage.tolerance
            yield replace(point, stage=replace(stage, bound=bound, met=met))


def table(found: Front, plan: Plan) -> pl.DataFrame:
    """Table `tradeoff`. Grain: point of the front, the bounded goal rising. Units of the goals.

    `minimised_bound`: no plan within the `limit` can be under it. `price`: what one less of the
    bounded goal gives more of the other, from the next point to this one; `price_low` and
    `price_high` are what is proven of it (null at the last point). `classes_from_plan`: classes
    that are others than the plan's.
    """
    rows = [
        (n, p.limit, p.bounded, p.stage.value, p.stage.bound, p.stage.tolerance, p.stage.met,
         p.stage.nodes, float(p.plan.classes.sum()),
         float(np.abs(p.plan.classes - plan.classes).sum()))
        for n, p in enumerate(found.points, 1)
    ]  # fmt: skip
    columns = ("point", "limit", "bounded", "minimised", "minimised_bound", "tolerance", "met",
               "nodes", "classes", "classes_from_plan")  # fmt: skip
    value, bound = pl.col("minimised"), pl.col("minimised_bound")
    less = pl.col("bounded").shift(-1) - pl.col("bounded")
    return pl.DataFrame(rows, columns, orient="row").with_columns(
        price=(value - value.shift(-1)) / less,
        price_low=(bound - value.shift(-1)).clip(0) / less,
        price_high=(value - bound.shift(-1)) / less,
    )
