"""Law 6: a series is forecast by its model only where the model beats its best benchmark."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from tasks.forecast.evaluation.measures import ERROR

CHOICE: dict[str, type[pl.DataType]] = {
    "model": pl.String,
    "used": pl.String,
    "benchmark": pl.String,
    "n": pl.Int64,
    "mape": pl.Float64,
    "benchmark_mape": pl.Float64,
    "reason": pl.String,
}


def choose(
    pairs: pl.DataFrame,
    model: str,
    benchmarks: Collection[str],
    *,
    least_outcomes: int,
    by: Sequence[str] = ("series",),
) -> pl.DataFrame:
    """What each series is forecast by, and why.

    Model and benchmarks are compared on the outcomes that all of them have forecast, by the sum of
    absolute errors over the sum of outcomes. A tie goes to the benchmark, which is simpler, and so
    does a series with too few outcomes: no model without a track record. Errors are those of all
    origins, so the chosen one's are a little flattered by having been chosen.

    Args:
        pairs: `PAIRS`, all forecasters together.
        model: Name of the model.
        benchmarks: Names of the benchmarks.
        least_outcomes: Outcomes below which the model is not judged.
        by: What is chosen for.

    Returns:
        Grain `by`: `CHOICE`. `reason` is a Norwegian sentence for the reader of the forecast.
    """
    key = [*dict.fromkeys([*by, "unit", "origin", "horizon"])]
    rivals = pairs.filter(pl.col("model").is_in([model, *benchmarks]))
    offered = rivals.group_by(by).agg(pl.col("model").n_unique().alias("_rivals"))
    common = (
        rivals.with_columns(pl.col("model").n_unique().over(key).alias("_met"))
        .join(offered, on=list(by))
        .filter(pl.col("_met") == pl.col("_rivals"))
    )
    scored = common.group_by(*by, "model").agg(
        (100 * ERROR.abs().sum() / pl.col("actual").abs().sum()).alias("mape"),
        pl.len().cast(pl.Int64).alias("n"),
    )
    best = (
        scored.filter(pl.col("model") != model)
        # The name settles a tie, so that the choice does not depend on the order of rows.
        .sort("mape", "model")
        .group_by(by, maintain_order=True)
        .agg(
            pl.col("model").first().alias("benchmark"),
            pl.col("mape").first().alias("benchmark_mape"),
        )
    )
    own = scored.filter(pl.col("model") == model).select(*by, "mape", "n")
    judged = best.join(own, on=list(by), how="left").with_columns(
        pl.col("n").fill_null(0), pl.lit(model).alias("model")
    )
    enough = pl.col("n") >= least_outcomes
    wins = enough & (pl.col("mape") < pl.col("benchmark_mape")).fill_null(False)
    return (
        judged.with_columns(
            pl.when(wins).then("model").otherwise("benchmark").alias("used"),
            _reason(enough, wins).alias("reason"),
        )
        .select(*by, *(name for name in CHOICE if name not in by))
        .sort(by)
    )


def _reason(enough: pl.Expr, wins: pl.Expr) -> pl.Expr:
    def percent(column: str) -> pl.Expr:
        return pl.col(column).round(1).cast(pl.String).str.replace(".", ",", literal=True)

    measured = pl.format(
        "feil {} % mot {} % for «{}», {} utfall",
        percent("mape"),
        percent("benchmark_mape"),
        "benchmark",
        "n",
    )
    return (
        pl.when(wins)
        .then(pl.format("modellen slår beste enkle metode: {}", measured))
        .when(enough)
        .then(pl.format("modellen slår ikke beste enkle metode, som brukes i stedet: {}", measured))
        .otherwise(
            pl.format("for få utfall til å dømme modellen ({}); «{}» brukes", "n", "benchmark")
        )
    )
