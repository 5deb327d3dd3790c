"""Drawn need by cell, and exact expected shortfalls as piecewise-linear functions."""

from __future__ import annotations

import numpy as np

from tasks.forecast import balance
from tasks.forecast.panel import Frames, Panel
from tasks.forecast.types import Array, Float, Forecast, Index
from tasks.places.rules import Basis
from tasks.places.types import Bool, Convex, Pairs


def shares(panel: Panel, frames: Frames, own: Pairs, others: Pairs) -> Float:
    """Where those who live in a region go to school `[area, home region, school region]`.

    As `forecast.balance.travel`, on what may be offered next year: an area that a region may open
    counts as one that it has.
    """
    size = (len(panel.areas), len(panel.regions))
    county, private = np.zeros(size), np.zeros(size)
    may_open = np.where(own.most > 0, np.maximum(own.places, 1), 0)
    np.add.at(county, (own.area, own.region), may_open)
    np.add.at(private, (others.area, others.region), others.places)
    offered = balance.Offer(county, private, county, county)
    return balance.travel(panel, frames, offered)


def homes(panel: Panel) -> Float:
    """0/1 `[intake regions then elsewhere, home municipality]`."""
    elsewhere = np.array([[not r for r in panel.region]], dtype=np.float64)
    return np.concatenate([panel.membership(), elsewhere])


def drawn(
    panel: Panel, forecast: Forecast, year: int, travel: Float, basis: Basis
) -> tuple[Array, Bool]:
    """Need by the region of the school `[draw, area, region]`, and whether it is working life's.

    With basis `arbeidsliv` an area has working life's intake need I* where that is known for every
    draw and home, otherwise the pupils' own; see docs/method/places.md, section 2.
    """
    at = forecast.axes.years.index(year)
    member = homes(panel).astype(np.float32)
    need = forecast.progression[..., at] @ member.T
    known = np.zeros(len(panel.areas), dtype=np.bool_)
    if basis == "arbeidsliv" and forecast.working_life is not None:
        said = forecast.intake_need[..., at]
        inside = member[:-1].any(axis=0)
        known = np.asarray(np.isfinite(said[:, :, inside]).all(axis=(0, 2)), dtype=np.bool_)
        need = np.where(known[:, None], np.nan_to_num(said) @ member.T, need)
    spread: Array = np.einsum("dah,ahs->das", need, travel.astype(np.float32))
    return spread, known


def cells(
    own: Pairs, others: Pairs, wide: Bool, regions: int
) -> tuple[Index, list[tuple[int, int]]]:
    """Need cell of each pair, own then others, and (area, region) of each cell.

    An area that the whole county competes for alike has one cell, of region −1.
    """
    area = np.concatenate([own.area, others.area])
    region = np.concatenate([own.region, others.region])
    region = np.where(wide[area], -1, region)
    key = area * (regions + 1) + region + 1
    unique, position = np.unique(key, return_inverse=True)
    return position.astype(np.intp), [
        (int(k) // (regions + 1), int(k) % (regions + 1) - 1) for k in unique
    ]


def by_cell(need: Array, where: list[tuple[int, int]]) -> Float:
    """`[cell, draw]` from `[draw, area, region]`."""
    rows = [need[:, a, r] if r >= 0 else need[:, a].sum(axis=1) for a, r in where]
    return np.array(rows, dtype=np.float64).reshape(len(where), len(need))


def expected(function: Convex, quantity: Float) -> Float:
    """The exact expectation by cell at a number of persons `[cell]`: the mean over the draws.

    Persons are whole. A part of one counts as that part of the step to the next, as in `segments`.
    """
    below = np.floor(quantity)
    at, next_ = _at(function, below), _at(function, below + 1)
    mean: Float = at + (quantity - below) * (next_ - at)
    return mean


def _at(function: Convex, quantity: Float) -> Float:
    gap = function.draws - quantity[:, None]
    part = np.maximum(-gap if function.rising else gap, 0) * function.weight
    mean: Float = part.mean(axis=1)
    return mean


def segments(function: Convex, most: Float) -> tuple[Index, Float, Float, Float]:
    """The expectation of whole persons from none to `most` as segments of rising slope.

    E[w(D − X)⁺] bends at the sorted draws only. Persons are whole, so it need only be right there:
    a segment a person, or longer where no draw lies between.

    Args:
        function: Cells and draws.
        most: `[cell]` greatest quantity.

    Returns:
        Cell, length and slope of each segment, cell by cell from none up, and `[cell]` the value
        at none.
    """
    cells: list[Index] = []
    lengths: list[Float] = []
    slopes: list[Float] = []
    for c, top in enumerate(np.maximum(np.ceil(most), 1)):
        draws = function.draws[c]
        bends = np.unique(np.concatenate([np.floor(draws), np.ceil(draws), [0.0, top]]))
        edges = bends[(bends >= 0) & (bends <= top)]
        gap = draws[None, :] - edges[:, None]
        part = np.maximum(-gap if function.rising else gap, 0) * function.weight
        value, length = part.mean(axis=1), np.diff(edges)
        cells.append(np.full(len(length), c, dtype=np.intp))
        lengths.append(length)
        slopes.append(np.diff(value) / length)
    return (
        np.concatenate(cells),
        np.concatenate(lengths),
        np.concatenate(slopes),
        expected(function, np.zeros(len(most))),
    )
