"""The track record of a series: one row per unit, forecaster and horizon, with what is used."""

from __future__ import annotations

import polars as pl

from tasks.forecast.evaluation import by_year, choice, classes, conformal, measures
from tasks.forecast.evaluation.standards import Standards

# All units of a series together.
ALL = "*"
DECIMALS = 6
RECORD: dict[str, type[pl.DataType]] = {
    "series": pl.String,
    "unit": pl.String,
    "model": pl.String,
    "is_model": pl.Boolean,
    "horizon": pl.Int64,
    "n": pl.Int64,
    "n_origins": pl.Int64,
    "as_known": pl.Float64,
    "mape": pl.Float64,
    "bias": pl.Float64,
    "mase": pl.Float64,
    "wis": pl.Float64,
    "relative_wis": pl.Float64,
    "n_intervals": pl.Int64,
    "coverage80": pl.Float64,
    "n_scaled": pl.Int64,
    "coverage80_scaled": pl.Float64,
    "coverage_low": pl.Float64,
    "coverage_high": pl.Float64,
    "coverage_accepted": pl.Boolean,
    "n_direction": pl.Int64,
    "direction_hits": pl.Float64,
    "rank_correlation": pl.Float64,
    "benchmark": pl.String,
    "benchmark_mape": pl.Float64,
    "used": pl.String,
    "reason": pl.String,
    "constructed": pl.Boolean,
}


SCALING: dict[str, type[pl.DataType]] = {
    "series": pl.String,
    "model": pl.String,
    "horizon": pl.Int64,
    "size_class": pl.Int64,
    "factor": pl.Float64,
    "n": pl.Int64,
}


CLASS_HITS: dict[str, type[pl.DataType]] = {
    "series": pl.String,
    "model": pl.String,
    "horizon": pl.Int64,
    "forecast_class": pl.String,
    "outcome_class": pl.String,
    "n": pl.Int64,
    "share": pl.Float64,
}


def class_hits(pairs: pl.DataFrame, model: str, standards: Standards) -> pl.DataFrame:
    """How often the model's classes of change came true, all units of the series together.

    The classes are those of intervals scaled on years that do not overlap, as a planner would have
    been shown them. Points announce no class, so benchmarks have no rows.

    Returns:
        `CLASS_HITS`, grain series × model × horizon × announced class × class that came true,
        every cell; `share` is per cent of the announced class.
    """
    own = pairs.filter(pl.col("model") == model)
    if own.is_empty():
        return pl.DataFrame(schema=CLASS_HITS)
    scaled = by_year.leave_time_out(own, standards.size_bounds, standards.nominal_years)
    found = classes.matrix(scaled, standards.change)
    return found.select(pl.col(name).cast(kind) for name, kind in CLASS_HITS.items()).with_columns(
        pl.col("share").round(DECIMALS)
    )


def scaling(pairs: pl.DataFrame, model: str, standards: Standards) -> pl.DataFrame:
    """What the model's intervals are to be stretched by, from all its outcomes.

    Returns:
        `SCALING`, grain series × model × horizon × size class; `n` are the scores of the cell's
        own, and `factor` is null where no finite one would do.
    """
    own = pairs.filter(pl.col("model") == model)
    factors = by_year.fit(
        own, standards.size_bounds, standards.nominal_years, by=("series", "model")
    )
    return factors.select(pl.col(name).cast(kind) for name, kind in SCALING.items()).with_columns(
        pl.col("factor").round(DECIMALS)
    )


def rows(
    pairs: pl.DataFrame, model: str, standards: Standards, *, constructed: bool
) -> pl.DataFrame:
    """What is published of a series' rolling origins.

    Args:
        pairs: `PAIRS` of one series, model and benchmarks.
        model: Which of them is the model.
        standards: What it is held to.
        constructed: Whether any figure behind it is.

    Returns:
        `RECORD`, grain series × unit × model × horizon, unit `*` for all of them; a series of one
        unit has no row but `*`. `is_model` tells the model from its benchmarks.
        `coverage80_scaled`, its Wilson bounds and `coverage_accepted` are of intervals scaled on
        years that do not overlap, of the model and of `*` alone. `benchmark` is the best of the
        unit over all horizons, `benchmark_mape` its error at the row's own; `used` and `reason` are
        of the series as a whole: parts by one method and their sum by another would not add up.
    """
    if pairs.is_empty():
        return pl.DataFrame(schema=RECORD)
    whole = pairs.with_columns(pl.col("unit").alias("_own"), pl.lit(ALL).alias("unit"))
    measured = measures.table(whole, ("series", "unit", "model", "horizon"))
    parts = [_with_choice(measured, _choice(whole.with_columns(unit="_own"), model, standards, ()))]
    if pairs.get_column("unit").n_unique() > 1:
        own = measures.table(pairs, ("series", "unit", "model", "horizon"))
        parts.append(_with_choice(own, _choice(pairs, model, standards, ("unit",))))
    chosen = _choice(pairs, model, standards, ()).select("series", "used", "reason")
    return (
        pl.concat(parts)
        .join(chosen, on="series")
        .drop("coverage_low", "coverage_high")
        .join(_scaled(pairs, model, standards), on=["unit", "model", "horizon"], how="left")
        .with_columns(
            pl.lit(constructed).alias("constructed"), (pl.col("model") == model).alias("is_model")
        )
        .select(pl.col(name).cast(kind) for name, kind in RECORD.items())
        # A threaded sum of doubles differs in its last bits from run to run (law 9).
        .with_columns(pl.selectors.float().round(DECIMALS))
        .sort("series", "unit", "model", "horizon")
    )


def _choice(
    pairs: pl.DataFrame, model: str, standards: Standards, by: tuple[str, ...]
) -> pl.DataFrame:
    rivals = sorted(set(pairs.get_column("model").unique()) - {model})
    return choice.choose(
        pairs, model, rivals, least_outcomes=standards.least_outcomes, by=("series", *by)
    )


def _with_choice(measured: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    keys = [key for key in ("series", "unit") if key in chosen.columns]
    best = measured.join(chosen.select(*keys, "benchmark"), on=keys, how="left")
    rival = measured.select(
        "series",
        "unit",
        "horizon",
        pl.col("model").alias("benchmark"),
        pl.col("mape").alias("benchmark_mape"),
    )
    return best.join(rival, on=["series", "unit", "horizon", "benchmark"], how="left")


def _scaled(pairs: pl.DataFrame, model: str, standards: Standards) -> pl.DataFrame:
    own = pairs.filter(pl.col("model") == model)
    scaled = by_year.leave_time_out(own, standards.size_bounds, standards.nominal_years)
    found = conformal.accepted(scaled, standards.coverage, ("horizon",))
    return found.select(
        pl.lit(ALL).alias("unit"),
        pl.lit(model).alias("model"),
        "horizon",
        pl.col("n").alias("n_scaled"),
        pl.col("coverage").alias("coverage80_scaled"),
        pl.col("low").alias("coverage_low"),
        pl.col("high").alias("coverage_high"),
        pl.col("accepted").alias("coverage_accepted"),
    )
