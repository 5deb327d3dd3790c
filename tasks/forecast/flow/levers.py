"""What a scenario does to the drawn student flow: placement, completion, one alternative.

Levers act on drawn shares and never on what the draws are made from (design, law 9).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tasks.forecast.flow.cohort import ALTERNATIVES
from tasks.forecast.flow.model import Lever, Model
from tasks.forecast.flow.states import APPRENTICE, Kind
from tasks.forecast.scenario import ChangedPlaces, ChangedRate, Scenario
from tasks.forecast.types import Float, Index

# Halvings in the search for a factor: a share is then right to a millionth.
HALVINGS = 40


@dataclass(frozen=True)
class FlowLevers:
    """A scenario on the axes of the flow.

    Attributes:
        model: The model with the scenario's market for places.
        shares: Changes of drawn shares.
        weights: Weights of the population alternatives.
        participation: Factor on the share in the labour force, `[trade or area, year]`.
        stay: Factor on the share who stay, `[year]`.
    """

    model: Model
    shares: tuple[Lever, ...]
    weights: tuple[float, float, float]
    participation: Float
    stay: Float


def of_scenario(
    scenario: Scenario | None,
    model: Model,
    years: tuple[int, ...],
    weights: tuple[float, float, float],
    area_of: dict[str, str],
    codes: tuple[str, ...],
    usual: tuple[float, float],
) -> FlowLevers:
    """Lay a planner's scenario on the model's axes; what is about jobs is left to others.

    Args:
        scenario: What is supposed; None: nothing.
        model: The county's model.
        years: School years ahead (start year).
        weights: Weights of the alternatives where the scenario does not choose one.
        area_of: Programme area of each trade.
        codes: Programme areas that candidates are counted by.
        usual: Declared shares: in the labour force, and staying.
    """
    even = np.ones((len(codes), len(years))), np.ones(len(years))
    if scenario is None:
        return FlowLevers(model, (), weights, *even)
    trades = model.space.units(Kind.APPLY)
    since = scenario.guarantee_from
    placement = replace(
        model.placement,
        guarantee_from=None if since is None else max(0, since - years[0]),
        points=_points(scenario.rates("placement"), trades, years, area_of),
        places_factor=_places(scenario.places, trades, years, area_of),
    )
    chosen = scenario.projection
    return FlowLevers(
        model=replace(model, placement=placement),
        shares=tuple(
            lever
            for change in scenario.rates("completion")
            for lever in completion(model, change, years, area_of)
        ),
        weights=weights if chosen is None else _one(chosen),
        participation=_factors(scenario.rates("participation"), codes, years, usual[0]),
        stay=_factors(scenario.rates("stay"), ("*",), years, usual[1])[0],
    )


def completion(
    model: Model, change: ChangedRate, years: tuple[int, ...], area_of: dict[str, str]
) -> list[Lever]:
    """Levers that change the share of apprentices who end with a trade certificate.

    A share that is changed by so many points is not one edge: who does not pass this year may pass
    the next. For each trade the factor on its edges to the certificate is sought, by halving, that
    moves the expected share of those who begin by the points asked for.

    Args:
        model: The county's model; the shares of the first group are used, since those in training
            are alike in all.
        change: The change.
        years: School years ahead.
        area_of: Programme area of each trade.
    """
    if change.year > years[-1]:
        return []
    levers = []
    for trade in model.space.units(Kind.APPRENTICE):
        if not change.applies_to(trade[:2], area_of.get(trade, trade)):
            continue
        steps = [
            place
            for place in model.space.where(Kind.APPRENTICE)
            if (node := model.space.nodes[place]).unit == trade and node.contract == APPRENTICE
        ]
        passed = model.space.where(Kind.CERTIFICATE)
        edges = model.edges.between(np.array(steps, np.intp), passed)
        if len(steps) and len(edges):
            factor = _sought(model, np.array(steps, np.intp), edges, change.points / 100)
            levers.append(Lever(edges, factor, max(0, change.year - years[0])))
    return levers


def _sought(model: Model, steps: Index, edges: Index, points: float) -> float:
    shares = model.expected[0]
    now = _passing(model, shares, steps, edges)
    target = float(np.clip(now + points, 0.0, 1.0))
    low, high = 0.0, 1.0 / max(float(shares[edges].min()), 1e-6)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        moved = model.pulled(shares[None, None], Lever(edges, middle))[0, 0]
        low, high = (
            (middle, high) if _passing(model, moved, steps, edges) < target else (low, middle)
        )
    return (low + high) / 2


def _passing(model: Model, shares: Float, steps: Index, edges: Index) -> float:
    """Share of those who begin in the first step who reach the certificate from these steps."""
    place = {int(state): i for i, state in enumerate(steps)}
    inside = np.zeros((len(steps), len(steps)))
    out = np.zeros(len(steps))
    chosen = set(edges.tolist())
    for edge in np.flatnonzero(np.isin(model.edges.origin, steps)):
        origin = place[int(model.edges.origin[edge])]
        target = int(model.edges.target[edge])
        if target in place:
            inside[origin, place[target]] += shares[edge]
        elif int(edge) in chosen:
            out[origin] += shares[edge]
    return float(np.linalg.solve(np.eye(len(steps)) - inside, out)[0])


def _points(
    changes: tuple[ChangedRate, ...],
    trades: tuple[str, ...],
    years: tuple[int, ...],
    area_of: dict[str, str],
) -> Float | None:
    """What is added to the share placed, `[trade, year]`; None where nothing is said of it."""
    return _added(changes, _units(trades, area_of), years) if changes else None


def _places(
    changes: tuple[ChangedPlaces, ...],
    trades: tuple[str, ...],
    years: tuple[int, ...],
    area_of: dict[str, str],
) -> Float | None:
    """What drawn places are multiplied by, `[trade, year]`; None where nothing is said of them."""
    if not changes:
        return None
    factor = np.ones((len(trades), len(years)))
    for change in changes:
        mine = [change.applies_to(*unit) for unit in _units(trades, area_of)]
        held = np.outer(mine, np.array(years) >= change.year)
        factor *= np.where(held, 1 + change.percent / 100, 1.0)
    return factor


def _units(trades: tuple[str, ...], area_of: dict[str, str]) -> list[tuple[str, str]]:
    """Programme and programme area of each trade: it may build on another programme's area."""
    return [(trade[:2], area_of.get(trade, trade)) for trade in trades]


def _factors(
    changes: tuple[ChangedRate, ...], codes: tuple[str, ...], years: tuple[int, ...], usual: float
) -> Float:
    """What a drawn share is multiplied by, `[code, year]`: it moves the declared one as asked."""
    moved = np.clip(usual + _added(changes, [(c[:2], c) for c in codes], years), 0, 1)
    factors: Float = moved / max(usual, 1e-9)
    return factors


def _added(
    changes: tuple[ChangedRate, ...], units: Sequence[tuple[str, str]], years: tuple[int, ...]
) -> Float:
    """The sum of changes as shares, `[unit, year]`, each from its year on.

    Args:
        changes: The changes of one quantity.
        units: Programme and programme area of each row.
        years: School years ahead.
    """
    added = np.zeros((len(units), len(years)))
    for change in changes:
        mine = [change.applies_to(programme, area) for programme, area in units]
        added += np.outer(mine, np.array(years) >= change.year) * change.points / 100
    return added


def _one(alternative: str) -> tuple[float, float, float]:
    main, low, high = (float(name == alternative) for name in ALTERNATIVES)
    return main, low, high
