"""Differences between two versions of tables: none where there is none, and each where it is."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.decisions import figures

PLACES = pl.DataFrame(
    {
        "programme_code": ["BA", "BA", "HS", "HS"],
        "region_code": ["50", "fosen", "50", "fosen"],
        "needed_mean": [40.0, 12.5, 80.0, None],
        "assessment": ["balanse", "uavklart", "mangel", "mangel"],
    }
)


@given(st.integers(0, 3), st.floats(0.5, 1e6))
def test_one_changed_figure_is_one_difference_of_its_size(row: int, by: float) -> None:
    old = PLACES.with_columns(pl.col("needed_mean").fill_null(1.0))
    column = old.get_column("needed_mean").to_list()
    new = old.with_columns(
        pl.Series("needed_mean", [v + by * (n == row) for n, v in enumerate(column)])
    )
    (found,) = figures.compare({"places": old}, {"places": new.sample(fraction=1, shuffle=True)})
    (one,) = found.columns
    assert (one.column, one.cells) == ("needed_mean", 1)
    assert one.largest == pytest.approx(new["needed_mean"][row] - column[row])
    assert one.relative == pytest.approx(one.largest / new["needed_mean"][row])
    assert one.row == ", ".join(old.row(row)[:2])
    assert (found.only_then, found.only_now) == (0, 0)


def test_the_same_rows_in_another_order_are_no_difference() -> None:
    assert figures.compare({"places": PLACES}, {"places": PLACES.reverse()}) == []


def test_words_are_counted_and_have_no_size() -> None:
    new = PLACES.with_columns(pl.col("assessment").replace("balanse", "uavklart"))
    (found,) = figures.compare({"places": PLACES}, {"places": new})
    (one,) = found.columns
    assert (one.column, one.cells, one.largest, one.row) == ("assessment", 1, None, "BA, 50")


def test_a_figure_that_comes_or_goes_is_a_difference_without_a_size() -> None:
    new = PLACES.with_columns(pl.col("needed_mean").fill_null(3.0))
    (found,) = figures.compare({"places": PLACES}, {"places": new})
    assert [(one.cells, one.largest) for one in found.columns] == [(1, None)]


def test_rows_that_come_and_go_are_counted() -> None:
    new = pl.concat([PLACES.head(3), PLACES.tail(1).with_columns(programme_code=pl.lit("TP"))])
    (found,) = figures.compare({"places": PLACES}, {"places": new})
    assert (found.rows_then, found.rows_now, found.only_then, found.only_now) == (4, 4, 1, 1)
    assert found.columns == ()


def test_draws_differ_by_their_means() -> None:
    old = pl.DataFrame({"area": ["a", "b"], "pupils": [[1, 2, 3], [4, 4, 4]]})
    new = pl.DataFrame({"area": ["a", "b"], "pupils": [[1, 2, 6], [4, 4, 4]]})
    (found,) = figures.compare({"draws": old}, {"draws": new})
    (one,) = found.columns
    assert (one.column, one.cells, one.largest, one.row) == ("pupils", 1, 1.0, "a")


def test_a_table_or_column_that_only_one_has_is_told() -> None:
    other = PLACES.drop("assessment")
    found = figures.compare({"places": PLACES, "gone": PLACES}, {"places": other})
    assert [one.table for one in found] == ["gone", "places"]
    assert (found[0].rows_now, found[0].only_then) == (0, 4)
    assert found[1].other_columns == ("assessment",)


def test_rows_without_a_name_of_their_own_are_only_counted() -> None:
    same = pl.DataFrame({"n": [1, 1], "draws": [[1], [2]]})
    (found,) = figures.compare({"t": same}, {"t": same.head(1)})
    assert (found.rows_then, found.rows_now, found.only_then) == (2, 1, None)
