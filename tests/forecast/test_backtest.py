from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tasks.forecast import backtest
from tasks.forecast.backtest import Record, ageing, trend
from tasks.forecast.panel import Panel
from tasks.forecast.types import Rules

# Persons aged 16-18 in today's Trøndelag on 1 January, registered 2016-2026 (Statistics Norway,
# table 07459, CC BY 4.0).
COHORT = [17067, 17259, 17097, 16786, 16364, 16216, 16372, 16805, 17147, 17571, 17671]


def test_ageing_carries_the_younger_forward() -> None:
    ages = tuple(range(10, 19))
    counts = np.outer(np.linspace(900, 1100, 9), np.ones(8))
    for year in range(1, 8):
        counts[1:, year] = counts[:-1, year - 1] * 1.01
        counts[0, year] = 900 + 10 * year
    truth = counts[:-2, -1][-3:].sum() * 1.01**2
    assert ageing(counts, ages, 16, 18, 2) == pytest.approx(truth, rel=1e-9)


def test_trend_is_a_straight_line() -> None:
    assert trend(np.array([1.0, 2.0, 9.0, 12.0, 15.0, 18.0, 21.0]), 2) == pytest.approx(27.0)


def test_measures() -> None:
    record = Record(np.array([100.0, 300.0]), np.array([110.0, 300.0]), np.array([100.0, 260.0]))
    assert record.mape == pytest.approx(2.5)
    assert record.benchmark_mape == pytest.approx(10.0)
    assert record.bias == pytest.approx(2.5)
    assert record.wins


def test_last_value_on_the_real_cohort(
    panel: Panel, frames: dict[str, pl.DataFrame], rules: Rules
) -> None:
    """Benchmark errors are arithmetic on the published series, so they are known to the digit."""
    share = np.array(COHORT) / panel.population[0, :, 8:11, :11].sum(axis=(0, 1))
    population = panel.population.copy()
    population[..., :11] *= share
    rows: list[dict[str, object]] = []
    sigma = backtest._cohorts(replace(panel, population=population), frames, rules, rows)
    errors = np.abs(np.diff(COHORT))[4:].sum() / np.sum(COHORT[5:])
    first = rows[0]
    assert (first["model"], first["horizon"], first["n"]) == (backtest.AGEING, 1, 6)
    assert first["benchmark_mape"] == pytest.approx(100 * errors)
    assert sigma > 0


def test_every_series_has_rows_and_says_what_is_used(
    panel: Panel, frames: dict[str, pl.DataFrame], rules: Rules
) -> None:
    record = backtest.run(panel, frames, rules, "50", 1)
    rows = record.rows
    assert rows.columns == list(backtest.COLUMNS)
    assert set(rows.get_column("series")) == {
        "Personer 16–18 år i fylket",
        "Elever per utdanningsprogram",
        "Elever per skole",
        "Søkere per utdanningsprogram",
    }
    assert rows.get_column("constructed").all()
    judged = rows.filter(pl.col("used") != backtest.PROJECTION)
    winner = pl.when(pl.col("mape") < pl.col("benchmark_mape")).then("model").otherwise("benchmark")
    assert judged.select((pl.col("used") == winner).all()).item()
    pupils = rows.filter(pl.col("series") == "Elever per utdanningsprogram").row(0, named=True)
    assert record.errors.hold_years == int(pupils["used"] == backtest.LAST_VALUE)


def test_the_model_falls_back_when_the_last_value_wins(
    panel: Panel, frames: dict[str, pl.DataFrame], rules: Rules
) -> None:
    """Counts that stand still while the cohort halves: nothing beats the last value."""
    still = replace(panel, pupils=np.repeat(panel.pupils[-1:], 3, axis=0))
    population = still.population.copy()
    year = still.population_years.index(2025)
    population[..., year:] *= 0.5
    record = backtest.run(replace(still, population=population), frames, rules, "50", 1)
    assert record.errors.hold_years == 1


def test_and_is_kept_where_it_wins(
    panel: Panel, frames: dict[str, pl.DataFrame], rules: Rules
) -> None:
    """Pupils that follow a growing cohort exactly: the last value is always behind."""
    grow = 1.08 ** np.arange(len(panel.population_years))
    population = np.full_like(panel.population, 400.0) * grow
    base = np.round(panel.pupils.mean(axis=0) * 10)
    steady = base[None] * (1.08 ** np.arange(3))[:, None, None]
    record = backtest.run(
        replace(panel, population=population, pupils=np.round(steady)),
        frames,
        replace(rules, kappa=1e7),
        "50",
        1,
    )
    row = record.rows.filter(pl.col("series") == "Elever per utdanningsprogram")
    assert row.get_column("used").item() == backtest.FLOW
    assert record.errors.hold_years == 0
    assert row.get_column("benchmark_mape").item() == pytest.approx(100 * (1 - 1 / 1.08), abs=0.5)
