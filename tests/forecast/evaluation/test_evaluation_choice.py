from __future__ import annotations

import polars as pl
import pytest
from evaluation_tools import made_up_pairs
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.forecast.evaluation import choice, measures


def rivals(**missing_by: float) -> pl.DataFrame:
    """Forecasters that miss every outcome by so many per cent."""
    pairs = made_up_pairs(3)
    return pl.concat(
        pairs.with_columns(
            pl.lit(name).alias("model"), (pl.col("actual") * (1 + part / 100)).alias("q50")
        )
        for name, part in missing_by.items()
    )


def chosen(pairs: pl.DataFrame, least: int = 5) -> dict[str, object]:
    benchmarks = sorted({*pairs["model"].unique()} - {"modell"})
    return choice.choose(pairs, "modell", benchmarks, least_outcomes=least).row(0, named=True)


def test_the_model_is_used_where_it_beats_the_best() -> None:
    row = chosen(rivals(modell=2, a=3, b=-2.5))
    assert (row["used"], row["benchmark"]) == ("modell", "b")
    assert row["mape"] == pytest.approx(2)
    assert row["reason"] == (
        "modellen slår beste enkle metode: feil 2,0 % mot 2,5 % for «b», 144 utfall"
    )


def test_the_best_benchmark_is_used_where_the_model_does_not_win_and_says_so() -> None:
    row = chosen(rivals(modell=2.6, a=3, b=-2.5))
    assert row["used"] == "b"
    assert "slår ikke beste enkle metode, som brukes i stedet" in str(row["reason"])


def test_a_tie_goes_to_the_benchmark() -> None:
    assert chosen(rivals(modell=2, a=2))["used"] == "a"


def test_too_few_outcomes_are_no_track_record() -> None:
    row = chosen(rivals(modell=1, a=3), least=145)
    assert row["used"] == "a"
    assert "for få utfall" in str(row["reason"])


def test_only_outcomes_that_all_have_forecast_are_compared() -> None:
    """The model skips what it would have missed; that must not help it."""
    pairs = rivals(modell=2, a=1)
    easy = pairs.with_columns(
        pl.when(pl.col("model") == "a", pl.col("origin") == 2000)
        .then(pl.col("actual") * 3)
        .otherwise("q50")
        .alias("q50")
    )
    assert chosen(easy)["used"] == "modell"
    skipped = easy.filter((pl.col("model") == "a") | (pl.col("origin") != 2000))
    row = chosen(skipped)
    assert row["used"] == "a"
    assert row["n"] == 120


def test_a_model_without_any_outcome_is_not_used() -> None:
    pairs = rivals(a=3, b=1)
    row = chosen(pairs)
    assert (row["used"], row["n"]) == ("b", 0)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-20, 20), min_size=2, max_size=4, unique=True))
def test_what_is_used_never_has_the_greater_error(missed: list[float]) -> None:
    names = ["modell", "a", "b", "c"][: len(missed)]
    pairs = rivals(**dict(zip(names, missed, strict=True)))
    row = chosen(pairs)
    mape = measures.table(pairs, ("model",))
    assert mape.filter(pl.col("model") == row["used"])["mape"].item() == pytest.approx(
        mape["mape"].min()
    )
