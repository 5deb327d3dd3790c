"""Rolling origin over stored vintages: at every origin, only what was known then.

A value is known from the date of the vintage that brought it; later vintages revise it. The outcome
that a forecast is held against is the value of the newest vintage (`latest`), which is the best
there is of what came true.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from tasks.forecast.evaluation.frames import (
    AS_KNOWN,
    AS_REVISED,
    PAIRS,
    QUANTILES,
    Forecaster,
    Known,
    Wide,
    wide,
)
from tasks.forecast.types import Float

HORIZONS = (1, 2, 3, 4, 5, 6)


def as_known(frame: pl.DataFrame, on: date) -> pl.DataFrame:
    """The values that were known on a date.

    Args:
        frame: Bitemporal `[series, unit, period, value, known_from]`.
        on: The date.

    Returns:
        Grain series × unit × period: the row of the newest vintage that was there.
    """
    then = frame.filter(pl.col("known_from") <= on)
    newest = pl.col("known_from").max().over("series", "unit", "period")
    return then.filter(pl.col("known_from") == newest)


def latest(frame: pl.DataFrame) -> pl.DataFrame:
    """The newest value of every series, unit and period: the outcomes."""
    newest = pl.col("known_from").max().over("series", "unit", "period")
    return frame.filter(pl.col("known_from") == newest)


def origins(frame: pl.DataFrame, series: str) -> Iterator[tuple[int, date, str]]:
    """Origins of a series: last known period, the vintage to look at, and on what basis.

    A period that some vintage ended with is an origin `as_known` on the date of the first such
    vintage. Periods before the first vintage's last are origins `as_revised`: of them only figures
    that later corrections had already gone into are kept, those of the first vintage.
    """
    rows = frame.filter(pl.col("series") == series, pl.col("value").is_not_null())
    ends = (
        rows.group_by("known_from")
        .agg(pl.col("period").max())
        .sort("known_from")
        .with_columns(pl.col("period").cum_max())
    )
    if ends.is_empty():
        return
    (first, ended), *_ = ends.iter_rows()
    start = rows.filter(pl.col("known_from") == first).get_column("period").min()
    for period in range(int(str(start)), ended):
        yield period, first, AS_REVISED
    found = ends.group_by("period").agg(pl.col("known_from").min()).sort("period")
    for on, period in found.select("known_from", "period").iter_rows():
        # One vintage alone cannot say what was known when: its past has been corrected since.
        yield period, on, AS_KNOWN if len(ends) > 1 else AS_REVISED


def rolling(
    frame: pl.DataFrame,
    series: str,
    forecasters: Sequence[Forecaster],
    *,
    horizons: tuple[int, ...] = HORIZONS,
    others: Mapping[str, str] | None = None,
    least: int = 6,
) -> pl.DataFrame:
    """Forecasts from every origin of a series, beside what came true.

    Args:
        frame: Bitemporal `[series, unit, period, value, known_from]`.
        series: The series to forecast.
        forecasters: Models and benchmarks; all see the same.
        horizons: Periods ahead.
        others: Further series that forecasters may look at: name for them → series.
        least: Periods that must be known before an origin, itself included.

    Returns:
        `PAIRS`, grain series × model × unit × origin × horizon, where an outcome is known and the
        unit had a value at the origin. `last` is that value, `step` the mean absolute change from
        period to period up to the origin (the scale of MASE). Quantiles other than the median are
        null for a forecaster of points.
    """
    outcomes = wide(_columns(latest(frame), series))
    parts = []
    for origin, on, basis in origins(frame, series):
        then = as_known(frame, on)
        known = Known(
            wide(_columns(then, series)).until(origin),
            {
                name: wide(_columns(then, other)).until(origin)
                for name, other in (others or {}).items()
            },
            on if basis == AS_KNOWN else None,
        )
        if len(known.series.periods) < least or known.origin != origin:
            continue
        ahead = tuple(h for h in horizons if origin + h <= outcomes.periods[-1])
        for forecaster in forecasters if ahead else ():
            parts.append(
                _pairs(forecaster, known, ahead, outcomes, basis).with_columns(
                    pl.lit(series).alias("series")
                )
            )
    if not parts:
        return pl.DataFrame(schema=PAIRS)
    return pl.concat(parts).select(*PAIRS)


def of_editions(
    editions: pl.DataFrame, registered: pl.DataFrame, series: str, model: str
) -> pl.DataFrame:
    """An official projection held against what was registered afterwards.

    Args:
        editions: Bitemporal; the periods of an edition from the year after its own are projected.
        registered: Bitemporal, registered figures alone.
        series: The series, in both frames.
        model: What the projection is called in the track record.

    Returns:
        `PAIRS`, basis `as_known`: origin is the last period of 1 January that had been when the
        edition came (the year of `known_from`).
    """
    outcomes = latest(registered).filter(pl.col("series") == series)
    values = outcomes.select("unit", "period", pl.col("value").alias("actual"))
    last = values.rename({"period": "origin", "actual": "last"})
    steps = wide(_columns(outcomes, series))
    parts = []
    mine = editions.filter(pl.col("series") == series)
    for on in mine.get_column("known_from").unique().sort().to_list():
        past = steps.until(on.year)
        step = pl.DataFrame({"unit": past.units, "step": _step(past.values)})
        parts.append(
            mine.filter(pl.col("known_from") == on, pl.col("period") > on.year)
            .with_columns(pl.lit(on.year, pl.Int64).alias("origin"), pl.lit(on).alias("known_on"))
            .join(step, on="unit")
        )
    if not parts:
        return pl.DataFrame(schema=PAIRS)
    return (
        pl.concat(parts)
        .join(values, on=["unit", "period"])
        .join(last, on=["unit", "origin"])
        .with_columns(
            pl.lit(model).alias("model"),
            pl.lit(AS_KNOWN).alias("basis"),
            (pl.col("period") - pl.col("origin")).alias("horizon"),
            *(pl.lit(None, pl.Float64).alias(q) for q in QUANTILES),
        )
        .with_columns(pl.col("value").alias("q50"))
        .select(*PAIRS)
    )


def _columns(frame: pl.DataFrame, series: str) -> pl.DataFrame:
    return frame.filter(pl.col("series") == series).select("unit", "period", "value")


def _step(values: Float) -> Float:
    """Mean absolute change from period to period of every unit; NaN where there is none."""
    changes = np.abs(np.diff(values, axis=1))
    known = np.isfinite(changes)
    total = np.where(known, changes, 0).sum(axis=1)
    found: Float = np.divide(
        total, known.sum(axis=1), out=np.full(len(values), np.nan), where=known.any(axis=1)
    )
    return found


def _pairs(
    forecaster: Forecaster, known: Known, horizons: tuple[int, ...], outcomes: Wide, basis: str
) -> pl.DataFrame:
    drawn = forecaster.forecast(known, horizons)
    quantiles = drawn.quantiles()
    units, ahead = len(drawn.units), len(horizons)
    # A unit that no later vintage tells of has no outcome.
    place = {unit: i for i, unit in enumerate(outcomes.units)}
    rows = np.array([place.get(unit, len(place)) for unit in drawn.units], np.intp)
    came_true = np.pad(outcomes.values, ((0, 1), (0, 0)), constant_values=np.nan)
    columns = known.origin + np.asarray(horizons) - outcomes.periods[0]
    last = known.series.values[:, -1]
    return (
        pl.DataFrame(
            {
                "unit": np.repeat(drawn.units, ahead),
                "horizon": np.tile(np.asarray(horizons, np.int64), units),
                "actual": came_true[rows[:, None], columns].ravel(),
                "last": np.repeat(last, ahead),
                "step": np.repeat(_step(known.series.values), ahead),
                **{q: quantiles[i].ravel() for i, q in enumerate(QUANTILES)},
            }
        )
        .with_columns(
            pl.lit(forecaster.name).alias("model"),
            pl.lit(known.origin, pl.Int64).alias("origin"),
            pl.lit(known.on, pl.Date).alias("known_on"),
            pl.lit(basis).alias("basis"),
            (pl.col("horizon") + known.origin).alias("period"),
            pl.col("actual", "last", "step", *QUANTILES).fill_nan(None),
            pl.lit("").alias("series"),
        )
        # A model may foresee a unit that had no value yet; nothing simple can be held beside it.
        .filter(pl.all_horizontal(pl.col("actual", "last", "q50").is_not_null()))
        .select(*PAIRS)
    )
