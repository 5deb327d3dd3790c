"""How far two versions of the same tables are from each other, whatever the tables are.

Rows are paired by the first columns that name each row once, in both: the tables of a run begin
with their grain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from tasks.decisions import canonical
from tasks.table_folder import sha256


@dataclass(frozen=True)
class ColumnDifference:
    """A column in which rows differ.

    Attributes:
        column: Its name.
        cells: In how many rows.
        largest: The greatest difference in absolute value, where it holds numbers; of a list of
            draws, between the two means.
        relative: The greatest relative difference, of the larger of the two values.
        row: Which row the greatest difference is in: values of the key.
    """

    column: str
    cells: int
    largest: float | None
    relative: float | None
    row: str


@dataclass(frozen=True)
class TableDifference:
    """A table that is not what it was.

    Attributes:
        table: Its name.
        rows_then: Rows it had.
        rows_now: Rows it has.
        only_then: Rows whose key is no longer there; None where rows could not be paired.
        only_now: Rows whose key is new.
        columns: Columns with other values in rows that both have.
        other_columns: Columns that one of them lacks, or has of another kind.
    """

    table: str
    rows_then: int
    rows_now: int
    only_then: int | None
    only_now: int | None
    columns: tuple[ColumnDifference, ...]
    other_columns: tuple[str, ...]


def compare(
    then: Mapping[str, pl.DataFrame], now: Mapping[str, pl.DataFrame]
) -> list[TableDifference]:
    """The tables whose canonical text is not the same, in order of name.

    Args:
        then: Tables by name, as they were.
        now: As they are; a table that one of them lacks is one without rows there.
    """
    found = []
    for name in sorted({*then, *now}):
        old, new = then.get(name), now.get(name)
        if old is None or new is None:
            there = old if old is not None else new
            assert there is not None  # noqa: S101  a name comes from one of the two
            old, new = (there, there.clear()) if new is None else (there.clear(), there)
        if sha256(canonical.text(old)) != sha256(canonical.text(new)):
            found.append(table(name, old, new))
    return found


def table(name: str, then: pl.DataFrame, now: pl.DataFrame) -> TableDifference:
    """How two versions of a table differ."""
    common = [c for c in then.columns if c in now.columns and then.schema[c] == now.schema[c]]
    others = sorted({*then.columns, *now.columns} - set(common))
    key = _key(then, now, common)
    if key is None:
        return TableDifference(name, then.height, now.height, None, None, (), tuple(others))
    both = then.select(common).join(
        now.select(common), on=key, how="inner", nulls_equal=True, suffix="_now"
    )
    columns = [_column(both, column, key) for column in common if column not in key]
    return TableDifference(
        name,
        then.height,
        now.height,
        then.height - both.height,
        now.height - both.height,
        tuple(one for one in columns if one is not None),
        tuple(others),
    )


def _key(then: pl.DataFrame, now: pl.DataFrame, common: list[str]) -> list[str] | None:
    """The shortest run of first columns that names every row once in both; None: there is none."""
    for number in range(1, len(common) + 1):
        names = common[:number]
        if isinstance(then.schema[names[-1]], pl.List):
            return None
        if not any(frame.select(names).is_duplicated().any() for frame in (then, now)):
            return names
    return None


def _column(both: pl.DataFrame, column: str, key: list[str]) -> ColumnDifference | None:
    old, new = both.get_column(column), both.get_column(f"{column}_now")
    # A missing value is equal to a missing value, and NaN to NaN.
    differs = old.ne_missing(new)
    if not differs.any():
        return None
    rows = both.filter(differs)
    sizes = _sizes(rows.get_column(column), rows.get_column(f"{column}_now"))
    row, largest, relative = 0, None, None
    if sizes is not None and (apart := (sizes[0] - sizes[1]).abs()).is_not_null().any():
        row = int(apart.fill_null(-1.0).arg_max() or 0)
        largest = float(apart[row])
        bigger = pl.DataFrame({"a": sizes[0].abs(), "b": sizes[1].abs()}).max_horizontal()
        found = (apart / bigger).drop_nans().max()
        relative = float(found) if isinstance(found, int | float) else None
    where = ", ".join(str(rows.get_column(name)[row]) for name in key)
    return ColumnDifference(column, rows.height, largest, relative, where)


def _sizes(old: pl.Series, new: pl.Series) -> tuple[pl.Series, pl.Series] | None:
    """What is subtracted: numbers, or the means of lists of numbers."""
    kind = old.dtype
    if isinstance(kind, pl.List) and kind.inner.is_numeric():
        return old.list.mean().cast(pl.Float64), new.list.mean().cast(pl.Float64)
    if kind.is_numeric():
        return old.cast(pl.Float64), new.cast(pl.Float64)
    return None
