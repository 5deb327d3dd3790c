"""The canonical export: equal where the figures are equal, and nowhere else."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.decisions import canonical

cells = st.fixed_dictionaries(
    {
        "code": st.one_of(st.none(), st.text(alphabet='aå";,\n\\ ', max_size=4)),
        "persons": st.one_of(st.none(), st.integers(-(2**40), 2**40)),
        "share": st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
        "draws": st.one_of(st.none(), st.lists(st.integers(0, 99), max_size=3)),
    }
)
SCHEMA = {
    "code": pl.String,
    "persons": pl.Int64,
    "share": pl.Float64,
    "draws": pl.List(pl.UInt16),
}


def frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def values(rows: list[dict[str, object]]) -> list[str]:
    return sorted(repr(list(row.values())) for row in rows)


@given(st.lists(cells, max_size=6), st.randoms())
def test_the_order_of_rows_does_not_matter(
    rows: list[dict[str, object]], chance: random.Random
) -> None:
    mixed = rows.copy()
    chance.shuffle(mixed)
    assert canonical.text(frame(rows)) == canonical.text(frame(mixed))


@given(st.lists(cells, max_size=4), st.lists(cells, max_size=4))
def test_two_tables_have_one_text_only_where_their_rows_are_the_same(
    first: list[dict[str, object]], second: list[dict[str, object]]
) -> None:
    same = values(frame(first).to_dicts()) == values(frame(second).to_dicts())
    assert (canonical.text(frame(first)) == canonical.text(frame(second))) is same


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_is_read_back_as_it_was(value: float) -> None:
    text = canonical.text(pl.DataFrame({"share": [value]})).decode()
    assert float(text.splitlines()[1]) == value


def test_missing_empty_and_zero_are_not_one_another() -> None:
    rows: list[dict[str, object]] = [
        {"code": code, "persons": 1, "share": 0.0, "draws": draws}
        for code in (None, "")
        for draws in (None, [], [0], [0, 0])
    ]
    assert len({canonical.text(frame([row])) for row in rows}) == len(rows)


def test_rows_are_sorted_across_the_parts_that_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = pl.DataFrame({"n": [5, 3, 1, 4, 2]})
    whole = canonical.text(numbers)
    monkeypatch.setattr(canonical, "_ROWS", 2)
    assert canonical.text(numbers) == whole == b"n\n1\n2\n3\n4\n5\n"


def test_a_table_without_rows_has_its_headings() -> None:
    assert canonical.text(frame([])) == b"code,persons,share,draws\n"


def test_what_is_exported_has_the_hash_that_is_told(tmp_path: Path) -> None:
    tables = {"b": pl.DataFrame({"day": [date(2026, 11, 20)]}), "a": pl.DataFrame({"n": [True]})}
    found = canonical.export(tables, tmp_path / "out")
    assert found == canonical.hashes(tables)
    assert [path.name for path in sorted((tmp_path / "out").iterdir())] == ["a.csv", "b.csv"]
    assert (tmp_path / "out" / "b.csv").read_text() == "day\n2026-11-20\n"
