from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tasks.errors import NotFound
from tasks.forecast.flow import cohort
from tasks.forecast.flow.cohort import External
from tasks.forecast.flow.transitions import Posterior
from tasks.forecast.flow.types import Assumption

HOMES = ("5001", "5006", "9999")
WEIGHTS = (0.6, 0.2, 0.2)
KEY = (3, "50")


def population() -> pl.DataFrame:
    rows = []
    for year in range(2022, 2036):
        for home, size in (("5001", 2000.0), ("5006", 250.0), ("3401", 1.0)):
            for age in range(14, 20):
                cases = [("main", 0.0)] if year <= 2026 else [("main", 0), ("low", -9), ("high", 9)]
                basis = "registered" if year <= 2026 else "projected"
                rows += [
                    (home, age, year, a, basis, size * 1.01 ** (age - 14) + extra * (year - 2026))
                    for a, extra in cases
                ]
    columns = ["municipality_code", "age", "year", "alternative", "basis", "persons"]
    return pl.DataFrame(rows, columns, orient="row")


def test_cohorts_are_the_registered_and_then_the_projected_ones() -> None:
    found = cohort.cohort(population(), HOMES)
    assert found.registered == 2026
    assert found.persons.shape == (3, 3, 14)
    now, later = found.of((2026,)), found.of((2030,))
    assert now[:, 0, 0] == pytest.approx([2020.0] * 3)
    assert later[:, 0, 0] == pytest.approx([2020.0, 2020 - 36, 2020 + 36])
    assert found.persons[:, 2].sum() == 0
    with pytest.raises(NotFound, match="kortere horisont"):
        found.of((2030, 2040))


def test_a_registered_year_beats_its_own_projection() -> None:
    frame = population()
    old = frame.filter(pl.col("year") == 2026).with_columns(
        pl.lit("projected").alias("basis"), (pl.col("persons") * 2).alias("persons")
    )
    both = cohort.cohort(pl.concat([frame, old]), HOMES)
    assert np.array_equal(both.persons, cohort.cohort(frame, HOMES).persons)


def test_inflow_is_the_cohort_and_the_others_and_keeps_to_its_draw() -> None:
    external = External(
        expected=np.array([[10.0], [0.0], [40.0]]), shape=np.array([[20.0], [0.0], [50.0]])
    )
    years = tuple(range(2026, 2034))
    coming = cohort.inflow(
        cohort.cohort(population(), HOMES), external, years, key=KEY, sigma=0.02, weights=WEIGHTS
    )
    people = coming(range(2000))
    assert people.shape == (2000, 3, 8, 2)
    assert people.dtype == np.float32
    assert people[7:9].tobytes() == coming(range(7, 9)).tobytes()
    assert people[:, 0, :, 0].mean(axis=0) == pytest.approx([2020.0] * 8, rel=0.01)
    assert people[:, 2, 0, 1].mean() == pytest.approx(40.0, rel=0.02)
    assert people[:, 1, :, 1].max() == 0
    spread = people[:, 0, :, 0].std(axis=0)
    assert (np.diff(spread) > 0).all()
    # The same walk and the same alternative in every municipality.
    assert np.corrcoef(people[:, 0, 5, 0], people[:, 1, 5, 0])[0, 1] > 0.5


def test_carry_over_is_the_growth_of_a_cohort_where_it_lives() -> None:
    found = cohort.carry_over(population(), (15, 18), 3)
    home = found.filter(pl.col("municipality_code") == "5001")
    assert home.get_column("age").to_list() == [15, 16, 17, 18]
    assert home.get_column("ratio").to_numpy() == pytest.approx([1.01] * 4)
    assert home.get_column("persons").to_numpy()[0] == pytest.approx(3 * 2020)


def test_supply_is_certificates_times_both_shares() -> None:
    working = cohort.shares(
        np.array([900.0, 85.0]), np.array([1000.0, 100.0]), floor=1.0, ceiling=5_000.0
    )
    staying = cohort.declared(Assumption({"share": 0.8}, 1e6), 2)
    staying = Posterior(np.array([staying.alpha[0], [5e5, 5e5]]))
    done = np.full((3000, 2, 2, 3), 100.0, np.float32)
    got = cohort.labour_supply(done, working, staying, key=KEY, draws=range(3000))
    assert got.dtype == np.float32
    assert got[:, 0, :, 0].mean(axis=0) == pytest.approx([90 * 0.8, 90 * 0.5], rel=0.01)
    assert got[:, 1, 0].std() > got[:, 0, 0].std()
    part = cohort.labour_supply(done[5:9], working, staying, key=KEY, draws=range(5, 9))
    assert part.tobytes() == got[5:9].tobytes()
