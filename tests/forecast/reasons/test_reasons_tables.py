"""The run's tables that say why: they add up, and say what is missing where a county lacks it."""

from __future__ import annotations

import polars as pl
import pytest

from tasks.forecast import reasons
from tasks.forecast.explanation import STEPS
from tasks.forecast.reasons.run_tables import SAMPLES, Declared
from tasks.forecast.reasons.uncertain import INPUTS

HOW = {"county": "50", "seed": 3, "draws": 60, "year": 2027, "horizon": 8, "sigma": 0.01}
CELL = ["programme_code", "region_code"]
Tables = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def tables(frames: Tables, declared: Declared) -> Tables:
    return reasons.tables(frames, declared, **HOW)  # type: ignore[arg-type]


def test_they_are_as_they_are_declared(tables: Tables) -> None:
    assert list(tables) == list(reasons.SCHEMAS)
    for name, frame in tables.items():
        assert frame.schema == reasons.SCHEMAS[name], name
    assert tables["explanation_notes"].is_empty()


def test_every_row_adds_up(tables: Tables) -> None:
    rows = tables["decomposition"]
    assert rows.filter(pl.sum_horizontal("before", *STEPS) != pl.col("after")).is_empty()
    assert rows.select(pl.struct("quantity", *CELL).n_unique()).item() == len(rows)
    both = {"HS", "*"}
    for quantity, programmes in (
        ("pupils", {"BA", "EL", "HS", "PB", "ST", "*"}),
        ("candidates", both),
        ("gap", both),
    ):
        mine = rows.filter(pl.col("quantity") == quantity)
        assert set(mine["programme_code"]) == programmes, quantity
        assert set(mine["region_code"]) == {"intake-a", "intake-b", "50"}, quantity
    # Working life's openings drive the gap, and not how many there are.
    demand = rows.group_by("quantity").agg(pl.col("demand").abs().sum())
    assert dict(demand.iter_rows())["pupils"] == dict(demand.iter_rows())["candidates"] == 0


def test_years_are_those_of_the_plan_and_of_the_window(tables: Tables) -> None:
    spans = tables["decomposition"].select("quantity", "first_year", "last_year").unique()
    assert set(spans.iter_rows()) == {
        ("pupils", 2027, 2027),
        ("candidates", 2026, 2031),
        ("gap", 2026, 2031),
    }
    assert set(tables["sensitivity"].select("first_year", "last_year").iter_rows()) == {
        (2026, 2031)
    }


def test_inputs_are_ranked_in_every_cell(tables: Tables) -> None:
    rows = tables["sensitivity"]
    for _, cell in rows.group_by(*CELL):
        assert cell["rank"].to_list() == list(range(1, len(INPUTS) + 1))
        assert cell["total"].is_sorted(descending=True)
        assert set(cell["input"]) == set(INPUTS)
    assert (rows["persons"] >= 0).all()
    assert SAMPLES & (SAMPLES - 1) == 0


def test_the_same_seed_gives_the_same_bytes(
    frames: Tables, declared: Declared, tables: Tables
) -> None:
    again = reasons.tables(frames, declared, **HOW)  # type: ignore[arg-type]
    other = reasons.tables(frames, declared, **(HOW | {"seed": 4}))  # type: ignore[arg-type]
    for name, table in tables.items():
        assert table.equals(again[name]), name
    assert not tables["sensitivity"].equals(other["sensitivity"])


def test_nothing_of_the_newest_year_is_in_last_years_figure(
    frames: Tables, declared: Declared, tables: Tables
) -> None:
    """The newest count doubled moves this year's pupils, and leaves what was said last year."""
    doubled = frames["flow.pupils"].with_columns(
        pl.when(pl.col("school_year_start") == 2025)
        .then(pl.col("pupils") * 2)
        .otherwise(pl.col("pupils"))
        .alias("pupils")
    )
    found = reasons.tables(frames | {"flow.pupils": doubled}, declared, **HOW)  # type: ignore[arg-type]
    key = ["quantity", *CELL]
    both = tables["decomposition"].join(found["decomposition"], on=key, suffix="_doubled")
    assert both["before"].equals(both["before_doubled"].rename("before"))
    assert (both["after"] - both["after_doubled"]).abs().max() > 100


@pytest.mark.parametrize("absent", ["labour.employed_by_occupation", "flow.transitions"])
def test_without_what_it_reads_the_tables_are_empty_and_say_why(
    frames: Tables, declared: Declared, absent: str
) -> None:
    found = reasons.tables(frames | {absent: frames[absent].clear()}, declared, **HOW)  # type: ignore[arg-type]
    assert found["decomposition"].is_empty()
    assert found["sensitivity"].is_empty()
    (why,) = found["explanation_notes"]["why"].to_list()
    assert "Gjør slik" in why


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("flow.pupils", pl.col("school_year_start") == 2025),
        ("flow.transitions", pl.col("school_year_start") == 2024),
        ("labour.employed_by_area_industry", pl.col("year") == 2025),
        # A year that is missing: a year ago is then not the year before.
        ("labour.employed_by_area_occupation", pl.col("year") != 2024),
    ],
)
def test_in_a_first_year_only_the_way_from_last_year_is_missing(
    frames: Tables, declared: Declared, name: str, kept: pl.Expr
) -> None:
    found = reasons.tables(frames | {name: frames[name].filter(kept)}, declared, **HOW)  # type: ignore[arg-type]
    assert found["decomposition"].is_empty()
    assert len(found["sensitivity"]) > 0
    assert found["explanation_notes"]["what"].to_list() == ["decomposition"]
    (why,) = found["explanation_notes"]["why"].to_list()
    # Nobody can send figures for a year that was not counted.
    assert "Når ett år til er telt" in why
    assert "Gjør slik" not in why


def test_a_horizon_too_short_for_the_window_is_said(frames: Tables, declared: Declared) -> None:
    found = reasons.tables(frames, declared, **(HOW | {"horizon": 4}))  # type: ignore[arg-type]
    assert found["decomposition"].is_empty()
    assert "lengre horisont" in found["explanation_notes"]["why"][0]
