"""What a forecast goes by: its model or its best benchmark, and how wide its intervals are.

Law 6: a series whose model does not beat its best benchmark is forecast by that benchmark, and says
so; and intervals are those that would have covered.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from tasks.forecast.evaluation import conformal
from tasks.forecast.evaluation.benchmarks import KERNELS, LAST_VALUE
from tasks.forecast.evaluation.series import Tested
from tasks.forecast.types import Float

NOT_TESTED = "for få tellinger til å prøve modellen"


@dataclass(frozen=True)
class Standing:
    """How a model's draws become the forecast.

    Attributes:
        used: Name of the model, or of the benchmark that is used in its place.
        reason: Why, a Norwegian sentence; empty where nothing was said.
        factor: What the model's draws are multiplied by `[unit, year]`; 1 where it is used itself.
        spread: Standard deviation of the log error of the benchmark `[unit, year]`, 0 of the model.
        stretch: What intervals are stretched by `[unit, year]`.
        tested_to: Longest horizon with an outcome; beyond it, the level of the record is kept and
            only the model's change is added.
        calibrated_to: Longest horizon with a factor of its own, 0 where there is none.
    """

    used: str
    reason: str
    factor: Float
    spread: Float
    stretch: Float
    tested_to: int
    calibrated_to: int


def of(
    test: Tested | None,
    model: str,
    *,
    counted: Float,
    expected: Float,
    horizons: tuple[int, ...],
    bounds: tuple[float, ...],
) -> Standing:
    """What the record of a model says about a forecast.

    Args:
        test: Its test; None or without outcomes: it has no record, and the last value is used.
        model: Its name.
        counted: The series `[unit, period]`, the last period being the origin.
        expected: Mean of the model's draws `[unit, year]`.
        horizons: Periods from the origin to each year; those of 0 and below are taken as 1.
        bounds: Lower bounds of the size classes of intervals.
    """
    ahead = tuple(max(h, 1) for h in horizons)
    shape = (len(counted), len(ahead))
    rows = None if test is None else test.rows.filter(pl.col("unit") == "*")
    if test is None or rows is None or rows.is_empty():
        factor = _level(LAST_VALUE, counted, expected, ahead, 1)
        return Standing(LAST_VALUE, NOT_TESTED, factor, np.zeros(shape), np.ones(shape), 1, 0)
    # As far as the model itself was judged: a benchmark that was tested further on its own is no
    # better known to beat it there.
    judged = rows.filter(pl.col("is_model"))
    tested_to = int((judged if len(judged) else rows).get_column("horizon").to_numpy().max())
    used, reason = str(rows.get_column("used")[0]), str(rows.get_column("reason")[0])
    if used not in KERNELS:
        stretch, calibrated = _stretch(test.scaling, counted[:, -1], ahead, bounds)
        return Standing(
            used, reason, np.ones(shape), np.zeros(shape), stretch, tested_to, calibrated
        )
    return Standing(
        used,
        reason,
        _level(used, counted, expected, ahead, tested_to),
        np.broadcast_to(_spread(test.pairs, used, ahead, tested_to), shape),
        np.ones(shape),
        tested_to,
        0,
    )


def _level(
    benchmark: str, counted: Float, expected: Float, ahead: tuple[int, ...], tested_to: int
) -> Float:
    """Benchmark over model at each horizon; beyond what was tested, as at the last of it."""
    points = KERNELS[benchmark](counted, ahead)
    ratio = np.divide(points, expected, out=np.ones(expected.shape), where=expected > 0)
    last = max(i for i, h in enumerate(ahead) if h <= max(tested_to, ahead[0]))
    ratio[:, last + 1 :] = ratio[:, last : last + 1]
    found: Float = np.nan_to_num(ratio, nan=1.0)
    return found


def _spread(pairs: pl.DataFrame, benchmark: str, ahead: tuple[int, ...], tested_to: int) -> Float:
    """Size-weighted root mean square of the benchmark's log errors by horizon `[1, year]`.

    Beyond what was tested it grows with the square root of the horizon, as that of a random walk.
    """
    error = (pl.col("q50").clip(lower_bound=0.5) / pl.col("actual").clip(lower_bound=0.5)).log()
    sums = (
        pairs.filter(pl.col("model") == benchmark)
        .group_by("horizon")
        .agg(((error**2 * pl.col("actual")).sum() / pl.col("actual").sum()).sqrt().alias("sigma"))
    )
    known = dict(sums.iter_rows())
    return np.array(
        [[known[min(h, tested_to)] * np.sqrt(max(h / tested_to, 1.0)) for h in ahead]], np.float64
    )


def _stretch(
    scaling: pl.DataFrame, last: Float, ahead: tuple[int, ...], bounds: tuple[float, ...]
) -> tuple[Float, int]:
    """λ `[unit, year]`, and the longest horizon that has one of its own.

    A cell without a factor takes that of the longest horizon before it that has one, at least 1:
    nothing speaks for narrower intervals where nothing was tested.
    """
    known = scaling.drop_nulls("factor")
    if known.is_empty():
        return np.ones((len(last), len(ahead))), 0
    found = conformal.lookup(known, last, ahead, bounds)
    calibrated = int(known.get_column("horizon").to_numpy().max())
    # A size class without outcomes takes the widest of the others at the same horizon.
    widest = dict(known.group_by("horizon").agg(pl.col("factor").max()).iter_rows())
    for column, h in enumerate(ahead):
        missing = np.isnan(found[:, column])
        before = found[:, column - 1] if column else np.ones(len(last))
        found[missing, column] = np.maximum(widest[h] if h in widest else before[missing], 1.0)
    return found, calibrated
