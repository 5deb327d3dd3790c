"""What the construction of the sample has in common: streams, exact rounding, readers, writers.

Bytes are deterministic: every random stream is keyed by the seed and a name, and every file is
written in a fixed order.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

SEED = 20261122
SAMPLE = Path(__file__).resolve().parent.parent.parent / "data" / "sample"
REFERENCE = SAMPLE.parent / "reference"

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Variable:
    """One dimension of a StatBank table.

    Attributes:
        codes: `(code, label)` or `(code, label, unit, decimals)`, in the source's order.
        role: `time`, `geo`, `metric`, or empty.
    """

    code: str
    label: str
    codes: Sequence[Sequence[str]]
    elimination: bool = False
    role: str = ""


@dataclass(frozen=True)
class Table:
    """One StatBank table of the sample.

    Attributes:
        value: Array of the variables' shape; NaN where there is no figure.
        status: Array of the same shape, empty where the cell is an ordinary number.
        constructed: One truth value for all cells with a figure, or an array.
    """

    id: str
    label: str
    updated: str
    source: str
    notes: Sequence[str]
    variables: Sequence[Variable]
    value: Floats
    status: npt.NDArray[np.str_] | None = None
    constructed: npt.NDArray[np.bool_] | bool = True
    unconfirmed: Sequence[str] = field(default=())


def stream(*name: str) -> np.random.Generator:
    """A random stream of its own for each name: a change in one moves no other."""
    return np.random.default_rng([SEED, *(zlib.crc32(part.encode()) for part in name)])


def published(name: str) -> pl.DataFrame:
    """One file of `data/sample/published`, all text, empty cells null."""
    return pl.read_csv(SAMPLE / "published" / f"{name}.csv", infer_schema=False)


def reference(name: str) -> pl.DataFrame:
    """One file of `data/reference`, all text, empty cells null."""
    return pl.read_csv(REFERENCE / f"{name}.csv", infer_schema=False)


def read_names(path: Path, *, valid: bool = False) -> list[tuple[str, str]]:
    """Code and name of a classification in the sample, in its order; with `valid`, those in use."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [(row["code"], row["name"]) for row in rows if not (valid and row["validTo"])]


def share_out(total: Ints | int, weights: Floats) -> Ints:
    """Split whole totals over the last axis of `weights`, exactly (largest remainder).

    Args:
        total: Whole numbers of the shape of `weights` without its last axis.
        weights: Non-negative; where all are zero the total must be zero.

    Returns:
        Whole numbers of the shape of `weights` that add up to `total`.
    """
    wanted = np.asarray(total, dtype=np.int64)
    sums = weights.sum(axis=-1, keepdims=True)
    ideal = wanted[..., None] * weights / np.where(sums > 0, sums, 1.0)
    whole = np.floor(ideal + 1e-9).astype(np.int64)
    missing = wanted - whole.sum(axis=-1)
    order = np.argsort(-(ideal - whole), axis=-1, kind="stable")
    rank = np.argsort(order, axis=-1, kind="stable")
    return np.asarray(whole + (rank < missing[..., None]), dtype=np.int64)


def fit(start: Floats, rows: Floats, columns: Floats, rounds: int = 60) -> Floats:
    """Scale a non-negative matrix towards row and column sums (iterative proportional fitting)."""
    cells = start.astype(np.float64)
    for _ in range(rounds):
        cells *= (columns / np.maximum(cells.sum(axis=0), 1e-12))[None, :]
        cells *= (rows / np.maximum(cells.sum(axis=1), 1e-12))[:, None]
    return cells


def write_csv(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]], *, excel: bool = False
) -> None:
    """Write a CSV file; with `excel`, BOM and `;` as Norwegian Excel wants it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    encoding = "utf-8-sig" if excel else "utf-8"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=";" if excel else ",", lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def toml(value: str | bool | int | Sequence[Any]) -> str:
    """One TOML value: text, truth value, whole number, or a list of them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, int):
        return str(value)
    return "[" + ", ".join(toml(item) for item in value) + "]"


def write_table(folder: Path, table: Table) -> None:
    """Write one StatBank table: `table.toml`, `codes.csv`, `cells.parquet` (row-major)."""
    target = folder / "pxweb" / table.id
    target.mkdir(parents=True, exist_ok=True)
    lines = [f"{key} = {toml(getattr(table, key))}" for key in ("id", "label", "updated", "source")]
    lines.append(f"notes = {toml(table.notes)}")
    lines.append(f"unconfirmed = {toml(table.unconfirmed)}")
    for variable in table.variables:
        lines += ["", "[[variable]]", f"code = {toml(variable.code)}"]
        lines += [f"label = {toml(variable.label)}", f"elimination = {toml(variable.elimination)}"]
        lines += [f"role = {toml(variable.role)}", "codelists = []"]
    (target / "table.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    write_csv(
        target / "codes.csv",
        ["variable", "code", "label", "unit", "decimals"],
        [[v.code, *code, *[""] * (4 - len(code))] for v in table.variables for code in v.codes],
    )
    _cells(table).write_parquet(target / "cells.parquet", compression="zstd", compression_level=9)


def _cells(table: Table) -> pl.DataFrame:
    """All cells of a table, row-major: one column per variable, value, status, constructed."""
    shape = tuple(len(v.codes) for v in table.variables)
    if table.value.shape != shape:
        raise ValueError(f"{table.id}: {table.value.shape} cells for {shape} codes")
    columns: dict[str, pl.Series] = {}
    for axis, variable in enumerate(table.variables):
        positions = np.broadcast_to(
            np.arange(shape[axis]).reshape([-1 if i == axis else 1 for i in range(len(shape))]),
            shape,
        ).ravel()
        codes = pl.Series([code[0] for code in variable.codes], dtype=pl.String)
        columns[variable.code] = codes.gather(positions)
    has_figure = ~np.isnan(table.value)
    status = (
        pl.Series(table.status.ravel().tolist(), dtype=pl.String)
        if table.status is not None
        else pl.Series([""], dtype=pl.String).gather(np.zeros(table.value.size, dtype=np.int64))
    )
    frame = pl.DataFrame(columns).with_columns(
        value=pl.Series(table.value.ravel()).fill_nan(None),
        status=status,
        constructed=pl.Series((has_figure & table.constructed).ravel()),
    )
    return frame.with_columns(status=pl.when(pl.col("status") != "").then(pl.col("status")))
