from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from evaluation_tools import made_up_pairs
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.forecast.evaluation import measures
from tasks.forecast.evaluation.frames import LEVELS, QUANTILES

FEW = settings(max_examples=25, deadline=None)


def pinball(level: float, quantile: float, actual: float) -> float:
    error = actual - quantile
    return max(level * error, (level - 1) * error)


@FEW
@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(2, 4))
def test_measures_are_those_of_a_naive_loop(seed: int, units: int, origins: int) -> None:
    pairs = made_up_pairs(seed, units, origins)
    found = measures.table(pairs)
    assert found.height == 3
    for row in found.iter_rows(named=True):
        rows = list(pairs.filter(pl.col("horizon") == row["horizon"]).iter_rows(named=True))
        errors = [r["q50"] - r["actual"] for r in rows]
        size = sum(r["actual"] for r in rows)
        assert row["n"] == len(rows) == units * origins
        assert row["mape"] == pytest.approx(100 * sum(map(abs, errors)) / size)
        assert row["bias"] == pytest.approx(100 * sum(errors) / size)
        assert row["mase"] == pytest.approx(np.mean([abs(e) / 3 for e in errors]))
        # Two times the mean pinball loss of the quantiles (Bracher et al. 2021, section 2.2).
        loss = [
            2
            * np.mean(
                [pinball(p, r[q], r["actual"]) for p, q in zip(LEVELS, QUANTILES, strict=True)]
            )
            for r in rows
        ]
        assert row["wis"] == pytest.approx(np.mean(loss))
        hits = sum(r["q10"] <= r["actual"] <= r["q90"] for r in rows)
        assert row["coverage80"] == pytest.approx(100 * hits / len(rows))
        went = [
            (r["q50"] > r["last"]) == (r["actual"] > r["last"])
            for r in rows
            if r["q50"] != r["last"] and r["actual"] != r["last"]
        ]
        assert row["n_direction"] == len(went)
        assert row["direction_hits"] == pytest.approx(100 * np.mean(went))


@FEW
@given(st.floats(0, 1e6), st.lists(st.floats(0, 1e6), min_size=7, max_size=7))
def test_wis_is_never_below_zero_and_is_the_error_of_a_point(y: float, drawn: list[float]) -> None:
    spread = pl.DataFrame(dict(zip(QUANTILES, sorted(drawn), strict=True))).with_columns(
        pl.lit(y).alias("actual")
    )
    assert spread.select(measures.wis()).item() >= 0
    point = spread.with_columns(pl.lit(drawn[0]).alias(q) for q in QUANTILES)
    assert point.select(measures.wis()).item() == pytest.approx(abs(y - drawn[0]), abs=1e-6)


def test_points_have_errors_but_no_coverage(pairs: pl.DataFrame) -> None:
    point = pairs.with_columns(pl.lit(None, pl.Float64).alias(q) for q in QUANTILES if q != "q50")
    row = measures.table(point).row(0, named=True)
    assert row["mape"] > 0
    assert row["n_intervals"] == 0
    assert {row[k] for k in ("wis", "relative_wis", "coverage80", "coverage_low")} == {None}


def test_wilson_is_the_published_example() -> None:
    """Newcombe (1998), table I: 15 of 148 gives 0.0624 to 0.1605."""
    low, high = (
        pl.DataFrame({"hits": [15], "n": [148]})
        .select(
            *(
                bound.alias(str(i))
                for i, bound in enumerate(measures.wilson(pl.col("hits"), pl.col("n")))
            )
        )
        .row(0)
    )
    assert (low, high) == (pytest.approx(0.0624, abs=5e-5), pytest.approx(0.1605, abs=5e-5))


def test_rank_correlation_is_over_units_within_an_origin(pairs: pl.DataFrame) -> None:
    right = pairs.with_columns(pl.col("actual").alias("q50"))
    assert measures.table(right)["rank_correlation"].to_list() == [pytest.approx(1)] * 3
    wrong = pairs.with_columns((pl.col("last") ** 2 / pl.col("actual")).alias("q50"))
    assert measures.table(wrong)["rank_correlation"].to_list() == [pytest.approx(-1)] * 3
    two = pairs.filter(pl.col("unit").is_in(["u0", "u1"]))
    assert measures.table(two)["rank_correlation"].null_count() == 3


def test_class_hits_count_every_announced_class() -> None:
    told = pl.DataFrame(
        {
            "said": ["mangel", "mangel", "mangel", None, "balanse"],
            "came": ["mangel", "mangel", "balanse", "mangel", "balanse"],
        }
    )
    found = measures.class_hits(told, "said", "came")
    assert found["n"].sum() == told.height
    hit = found.filter(pl.col("said") == "mangel", pl.col("came") == "mangel")
    assert hit["share"].item() == pytest.approx(100 * 2 / 3)
    assert found.filter(pl.col("said").is_null())["n"].to_list() == [1]


@FEW
@given(st.lists(st.floats(-100, 100), min_size=1, max_size=9), st.floats(-100, 100))
def test_crps_is_its_definition(drawn: list[float], y: float) -> None:
    x = np.array(drawn)
    naive = np.abs(x - y).mean() - np.abs(x[:, None] - x[None]).mean() / 2
    assert measures.crps(x[:, None], np.array([y]))[0] == pytest.approx(naive, abs=1e-9)
