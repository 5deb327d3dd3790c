"""Why a figure is what it is: the way from last year's to this year's, and what it hangs on most.

Both ask the model itself, with its drivers at given values; neither has a model of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from tasks.errors import WrongUse
from tasks.forecast.types import Float

# The drivers of a forecast in the order in which they work (docs/method/explanation.md).
STEPS = ("cohort", "choice", "completion", "placement", "migration", "demand")
LABELS = {
    "cohort": "Kullet",
    "choice": "Søkning og valg",
    "completion": "Gjennomføring",
    "placement": "Formidling til læreplass",
    "migration": "Flytting",
    "demand": "Arbeidslivets etterspørsel",
}
Drivers = Mapping[str, Any]
Model = Callable[[Drivers], Float]


@dataclass(frozen=True)
class Decomposition:
    """The way from one figure to another.

    Attributes:
        before: `[…]` the figure with all drivers as they were.
        after: `[…]` the figure with all drivers as they are.
        parts: By driver `[…]`: what the change of it did. They sum to `after − before`.
    """

    before: Float
    after: Float
    parts: Mapping[str, Float]


def decompose(
    model: Model, before: Drivers, after: Drivers, steps: Sequence[str] = STEPS
) -> Decomposition:
    """Share the change of a figure among the drivers that changed.

    The drivers are changed one at a time from what they were to what they are, once in the order
    given and once in the reverse; a driver's part is the mean of the two steps it makes. The parts
    sum to the whole change (each of the two ways telescopes), no part is left unexplained, and
    what two drivers do only together is shared alike. It is the two-polar mean of structural
    decomposition analysis, and of the Shapley value's orders the first and the last.

    Args:
        model: The figure `[…]` for given drivers; the same for the same drivers.
        before: Last year's drivers, by name.
        after: This year's.
        steps: The order.

    Raises:
        WrongUse: The two have other drivers than the steps.

    Source: E. Dietzenbacher and B. Los, «Structural decomposition techniques: sense and
    sensitivity», Economic Systems Research 10 (1998): the mean of the polar decompositions is
    close to that of all orders.
    """
    if not set(before) == set(after) == set(steps):
        raise WrongUse(
            subject="forklaringen av en endring",
            expected=f"drivkreftene {', '.join(steps)}",
            got=f"{', '.join(sorted(set(before) | set(after)))}",
            remedy="gi alle drivkreftene, i fjor og i år",
        )
    first, last = model(before), model(after)
    parts = {name: np.zeros_like(first, dtype=np.float64) for name in steps}
    for order in (tuple(steps), tuple(reversed(steps))):
        figure, state = first, dict(before)
        for name in order:
            state[name] = after[name]
            # The last step ends at the figure itself, so that nothing is lost in rounding.
            reached = last if name == order[-1] else model(state)
            parts[name] += (reached - figure) / 2
            figure = reached
    return Decomposition(first, last, parts)


def whole_numbers(change: Decomposition) -> Decomposition:
    """The same in whole numbers that still add up.

    Figures are rounded, and the parts by largest remainders: the differences that rounding leaves
    go to the parts that were cut the most. For one figure (no axes).
    """
    before, after = round(float(change.before)), round(float(change.after))
    names = list(change.parts)
    raw = np.array([float(change.parts[name]) for name in names])
    whole = np.floor(raw)
    missing = after - before - int(whole.sum())
    # More than one each where the two figures were rounded apart.
    step = 1 if missing >= 0 else -1
    order = np.argsort(-(raw - whole) * step, kind="stable")
    for turn in range(abs(missing)):
        whole[order[turn % len(names)]] += step
    rounded = {name: np.float64(v) for name, v in zip(names, whole, strict=True)}
    return Decomposition(np.float64(before), np.float64(after), rounded)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Input:
    """An input of the model and how sure it is.

    Attributes:
        name: What planners call it.
        middle: Its value in the forecast.
        spread: Standard deviation of what it may be.
        least: The least it may be.
        most: The most it may be.
    """

    name: str
    middle: float
    spread: float
    least: float = -np.inf
    most: float = np.inf


def sensitivity(
    model: Callable[[Float], Float], inputs: Sequence[Input], *, samples: int, seed: int
) -> pl.DataFrame:
    """How much of a figure's uncertainty stems from each input.

    Sobol's indices by Saltelli's design (`scipy.stats.sobol_indices`): `first` is the share of the
    variance that would go if the input were known, `total` the share that would stay if all others
    were. Inputs vary independently, normal, held within their bounds.

    Args:
        model: Figures `[sample]` for values of the inputs `[input, sample]`.
        inputs: The inputs, at least two.
        samples: Base samples, a power of two; the model is asked `samples · (inputs + 2)` times.
        seed: Seed of the design.

    Returns:
        One row per input, largest `total` first: `input`, `middle`, `spread`, `first`, `total`.
        An input without spread has 0 of both; if no input has any, all have.

    Source: A. Saltelli et al., «Variance based sensitivity analysis of model output»,
    Computer Physics Communications 181 (2010).
    """
    from scipy.stats import norm, sobol_indices

    uncertain = [i for i, given in enumerate(inputs) if given.spread > 0]
    first, total = np.zeros(len(inputs)), np.zeros(len(inputs))
    middle = np.array([given.middle for given in inputs], np.float64)
    bounds = np.array([[given.least, given.most] for given in inputs])

    def asked(values: Float) -> Float:
        full = np.repeat(middle[:, None], values.shape[1], axis=1)
        full[uncertain] = values
        return model(np.clip(full, bounds[:, :1], bounds[:, 1:]))

    if uncertain and _moves(asked, [inputs[i] for i in uncertain]):
        found = sobol_indices(
            func=asked,
            n=samples,
            dists=[norm(inputs[i].middle, inputs[i].spread) for i in uncertain],
            rng=np.random.default_rng(seed),
        )
        first[uncertain] = np.clip(found.first_order, 0, 1)
        total[uncertain] = np.clip(found.total_order, 0, 1)
    return pl.DataFrame(
        {
            "input": [given.name for given in inputs],
            "middle": middle,
            "spread": [given.spread for given in inputs],
            "first": first,
            "total": total,
        }
    ).sort("total", "input", descending=[True, False])


def _moves(asked: Callable[[Float], Float], uncertain: Sequence[Input]) -> bool:
    """Whether the figure moves at all: a variance of nothing has no shares."""
    middle = np.array([given.middle for given in uncertain], np.float64)[:, None]
    step = np.diag([given.spread for given in uncertain])
    figures = asked(np.concatenate([middle, middle + step, middle - step], axis=1))
    return bool(np.ptp(figures) > 0)
