"""Why a figure is what it is: the way from last year's to this year's, and what it hangs on most.

Both ask the model itself, with its drivers at given values; neither has a model of its own.
`tasks.forecast.reasons` asks them of the county's model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.errors import WrongUse
from tasks.forecast.types import Float

# The drivers of a forecast in the order in which they work (docs/method/explanation.md).
STEPS = ("cohort", "choice", "completion", "placement", "migration", "demand")
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
    """The same in whole numbers that still add up, figure by figure `[…]`.

    The two figures are rounded, and the parts by largest remainders: each is cut to the whole
    number below it, and what is then missing goes, one each, to the parts that were cut the most.
    No part ends a whole person from its own value, and one that did nothing stays nothing: the
    figures are rounded alike (half up), so that never more is missing than the cut parts can take.
    """
    before, after = (np.floor(figure + 0.5) for figure in (change.before, change.after))
    raw = np.stack([np.asarray(part, np.float64) for part in change.parts.values()])
    whole = np.floor(raw)
    missing = after - before - whole.sum(axis=0)
    rank = np.argsort(np.argsort(whole - raw, axis=0, kind="stable"), axis=0, kind="stable")
    whole += rank < missing
    return Decomposition(before, after, dict(zip(change.parts, whole, strict=True)))


@dataclass(frozen=True)
class Sensitivity:
    """How much of each figure's variance stems from each input.

    Attributes:
        inputs: Names.
        first: `[input, …]` Sobol's first-order index: the share of the variance that would go if
            the input were known.
        total: `[input, …]` the total index: the share that would stay if all others were.
        error: `[input, …]` standard error of `total`, from the sample it is a mean of.
        spread: `[…]` standard deviation of the figure, all inputs varying.
    """

    inputs: tuple[str, ...]
    first: Float
    total: Float
    error: Float
    spread: Float


def sensitivity(
    model: Callable[[Mapping[str, range]], Float], inputs: Sequence[str], samples: int
) -> Sensitivity:
    """Sobol's indices of many figures at once, over the model's own draws of its inputs.

    An input may be a whole block of drawn quantities (all choices of programme, say): the design
    only asks that blocks are drawn independently of each other. Sample A takes the first draws of
    every block and B the next; AB_i is A with the draws of block i from B (Saltelli 2010). The
    middle and the spread of an input are thus those of the forecast itself.

    Args:
        model: Figures `[sample, …]` where each input has the draws of its range, all of one length;
            the same for the same ranges.
        inputs: The blocks.
        samples: A power of two; the model is asked `inputs + 2` times for so many samples.

    Returns:
        Estimates held in 0–1, where chance can bring them outside; a figure without variance has
        nothing but zeros.

    Source: A. Saltelli et al., «Variance based sensitivity analysis of model output», Computer
    Physics Communications 181 (2010), estimators (b) and (f), by `scipy.stats.sobol_indices`;
    groups of inputs: I. M. Sobol', Mathematics and Computers in Simulation 55 (2001).
    """
    from scipy.stats import sobol_indices

    one, other = range(samples), range(samples, 2 * samples)
    lives = dict.fromkeys(inputs, one)
    a, b = model(lives), model(dict.fromkeys(inputs, other))
    crossed = np.stack([model({**lives, name: other}) for name in inputs])
    shape = a.shape[1:]
    f_a, f_b = (v.reshape(samples, -1).T.astype(np.float64) for v in (a, b))
    f_ab = crossed.reshape(len(inputs), samples, -1).transpose(0, 2, 1).astype(np.float64)
    found = sobol_indices(func={"f_A": f_a, "f_B": f_b, "f_AB": f_ab}, n=samples)
    both = np.stack([f_a, f_b])
    variance = both.var(axis=(0, 2))
    told = variance > 0
    total = found.total_order.reshape(len(told), -1).T
    # Jansen's estimator and the variance it is set against are means over the same sample; the
    # error of their ratio is that of the mean of what each sample adds to it.
    squared = ((both - both.mean(axis=(0, 2))[None, :, None]) ** 2).mean(axis=0)
    adds = (f_a - f_ab) ** 2 / 2 - total[..., None] * squared
    error = adds.std(axis=2, ddof=1) / np.sqrt(samples)

    def laid_out(values: Float) -> Float:
        kept = np.where(told, values.reshape(len(f_ab), -1), 0.0)
        out: Float = kept.reshape(len(f_ab), *shape)
        return out

    return Sensitivity(
        tuple(inputs),
        laid_out(np.clip(found.first_order.reshape(len(told), -1).T, 0, 1)),
        laid_out(np.clip(total, 0, 1)),
        laid_out(error / np.where(told, variance, 1.0)),
        np.sqrt(variance).reshape(shape),
    )
