from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from evaluation_tools import made_up_pairs
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from tasks.forecast.evaluation import by_year, conformal
from tasks.forecast.evaluation.measures import inside80

FEW = settings(max_examples=25, deadline=None)
BOUNDS = (100.0, 1000.0)
YEARS = 4.0


def shocked(seed: int, units: int, origins: int, shock: float) -> pl.DataFrame:
    """Pairs one year ahead; beside their own error all outcomes of a year share one."""
    pairs = made_up_pairs(seed, units, origins, 1)
    rng = np.random.default_rng([seed, 5])
    common = pl.DataFrame(
        {"origin": 2000 + np.arange(origins), "by": np.exp(shock * rng.standard_normal(origins))}
    )
    return (
        pairs.join(common, on="origin")
        .with_columns((pl.col("actual") * pl.col("by")).alias("actual"))
        .select(pairs.columns)
    )


def mixture(pairs: pl.DataFrame, horizon: int, size: int, at: float) -> float:
    """G_cell as its formula says, origin by origin."""
    rows = pairs.with_columns(conformal.size_class(BOUNDS), conformal.score().alias("s"))

    def votes(part: pl.DataFrame) -> tuple[float, int]:
        shares = [(g["s"].to_numpy() <= at).mean() for _, g in part.group_by("origin")]
        return (float(np.mean(shares)) if shares else 0.0), len(shares)

    every, n = votes(rows)
    own, mine = votes(rows.filter(pl.col("horizon") == horizon, pl.col("size_class") == size))
    nominal = 2 * norm.cdf(norm.ppf(0.9) * at) - 1
    n_all, n_own = n / rows["horizon"].min(), mine / horizon  # type: ignore[operator]
    wide = (n_all * every + YEARS * nominal) / (n_all + YEARS)
    return float((n_own * own + YEARS * wide) / (n_own + YEARS))


@FEW
@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 6))
def test_the_factor_is_the_least_score_that_reaches_the_coverage(
    seed: int, units: int, origins: int
) -> None:
    pairs = made_up_pairs(seed, units, origins, 2)
    found = by_year.fit(pairs, BOUNDS, YEARS)
    assert found.height == 2 * 3
    for row in found.iter_rows(named=True):
        cell = row["horizon"], row["size_class"]
        assert mixture(pairs, *cell, row["factor"] * (1 + 1e-9)) >= 0.8 - 1e-9
        assert mixture(pairs, *cell, row["factor"] * (1 - 1e-6)) < 0.8


def test_a_cell_without_scores_has_the_factor_of_all() -> None:
    pairs = made_up_pairs(3, 8, 6, 1).filter(pl.col("last") >= 1000)
    found = by_year.fit(pairs, BOUNDS, YEARS, horizons=(1, 2))
    empty = found.filter(pl.col("n") == 0)
    assert empty.height == 5
    assert empty["factor"].n_unique() == 1


def test_little_is_learnt_of_one_year_and_all_of_many() -> None:
    """One calm year with many outcomes hardly narrows; many such years do."""
    calm = made_up_pairs(6, 200, 40, 1).with_columns(
        (pl.col("q50") + (pl.col("actual") - pl.col("q50")) / 3).alias("actual")
    )
    one = by_year.fit(calm.filter(pl.col("origin") == 2000), (), YEARS)["factor"].item()
    many = by_year.fit(calm, (), YEARS)["factor"].item()
    counted = conformal.split(calm.filter(pl.col("origin") == 2000), ())["factor"].item()
    # The intervals are three times too wide.
    assert counted < 0.4
    assert 0.75 < one < 1
    assert many == pytest.approx(1 / 3, abs=0.06)


def test_a_year_has_one_vote_however_many_outcomes_it_holds() -> None:
    pairs = made_up_pairs(7, 12, 8, 1)
    crowd = pairs.filter(pl.col("origin") == 2003)
    more = pl.concat([pairs, *[crowd] * 20])
    assert by_year.fit(more, (), YEARS)["factor"].item() == pytest.approx(
        by_year.fit(pairs, (), YEARS)["factor"].item()
    )
    assert conformal.split(more, ())["factor"].item() != pytest.approx(
        conformal.split(pairs, ())["factor"].item()
    )


def test_few_years_with_shared_shocks_move_the_factor_less_and_cover_no_worse_than_unscaled() -> (
    None
):
    """Two years of 40 units, one shock a year as large as the units' own: on a third year.

    Over 200 drawn pasts. Unscaled intervals cover 66 per cent; what is learnt of two years is worth
    most of the way, with a factor that depends less on which two they were.
    """
    covered: dict[str, list[float]] = {"none": [], "years": [], "outcomes": []}
    factor: dict[str, list[float]] = {"years": [], "outcomes": []}
    for seed in range(200):
        pairs = shocked(seed, 40, 3, 0.1)
        past, new = (pairs.filter(pl.col("origin") < 2002), pairs.filter(pl.col("origin") == 2002))
        covered["none"].append(new.select(inside80().mean()).item())
        for name, found in (
            ("years", by_year.fit(past, (), YEARS)),
            ("outcomes", conformal.split(past, ())),
        ):
            factor[name].append(found["factor"].item())
            covered[name].append(conformal.scaled(new, found, ()).select(inside80().mean()).item())
    mean = {name: float(np.mean(found)) for name, found in covered.items()}
    assert mean["none"] < 0.7
    assert 0.72 < mean["years"] < 0.85
    assert np.std(factor["years"]) < 0.8 * np.std(factor["outcomes"])


def test_no_width_cannot_be_stretched() -> None:
    pairs = made_up_pairs(1, 6, 20, 1)
    middle = pl.col("q50")
    flat = pairs.with_columns((middle * 1.0).alias(q) for q in ("q10", "q90"))
    assert by_year.fit(flat, (), YEARS)["factor"].to_list() == [None]


def test_without_a_score_there_is_no_factor() -> None:
    pairs = made_up_pairs(1, 6, 5, 1)
    bare = pairs.with_columns(pl.lit(None, pl.Float64).alias("q10"))
    found = by_year.fit(bare, BOUNDS, YEARS, by=("series", "model"))
    assert found.is_empty()
    assert found.columns == ["series", "model", "horizon", "size_class", "factor", "n"]
    told = by_year.leave_time_out(pairs.filter(pl.col("origin") == 2000), (), YEARS)
    assert told["q90"].null_count() == told.height


def test_groups_do_not_learn_of_each_other() -> None:
    first = made_up_pairs(4, 6, 8, 2)
    second = made_up_pairs(5, 6, 8, 2, spread=0.4).with_columns(pl.lit("other").alias("series"))
    both = by_year.fit(pl.concat([first, second]), BOUNDS, YEARS, by=("series",))
    alone = by_year.fit(first, BOUNDS, YEARS, by=("series",))
    assert both.filter(pl.col("series") == "s").equals(alone)


@pytest.mark.parametrize("scheme", ["block", "past"])
@pytest.mark.parametrize("years", [None, YEARS])
def test_leave_time_out_never_looks_at_the_times_it_is_judged_on(
    scheme: by_year.Scheme, years: float | None
) -> None:
    pairs = made_up_pairs(8, 12, 10, 3)
    at = (pl.col("origin") == 2007) & (pl.col("horizon") == 2)
    overlap = pl.col("origin") + pl.col("horizon") > 2007
    if scheme == "block":
        overlap = overlap & (pl.col("origin") < 2009)
    other = pairs.with_columns(
        pl.when(overlap & ~at).then(pl.col("actual") * 9).otherwise("actual").alias("actual")
    )
    before, after = (
        by_year.leave_time_out(frame, (), years, scheme=scheme).filter(at)
        for frame in (pairs, other)
    )
    assert before["q90"].null_count() == 0
    assert before.equals(after)


@FEW
@given(st.floats(-1, 2))
def test_the_nominal_quantile_is_that_of_a_normal_error(share: float) -> None:
    found = float(by_year.nominal_quantile(np.array([share]))[0])
    assert found >= 0
    if 0 <= share <= 0.999:
        back = 2 * norm.cdf(found * norm.ppf(0.9)) - 1
        assert back == pytest.approx(share, abs=1e-9)
