"""A table of the sample as PxWeb holds it: variables in order, and a dense cube of cells."""

from __future__ import annotations

import csv
import threading
import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A cell's status as a number that grows with what it hides, so that an aggregate takes the largest.
ORDINARY, CONSTRUCTED, IMPOSSIBLE, MISSING, CONFIDENTIAL = range(5)
STATUSES = (None, "constructed", ".", "..", ":")


@dataclass(frozen=True)
class Codelist:
    """A grouping (`agg_`) or subset (`vs_`) of a variable's codes.

    Attributes:
        values: One row per code of the list: code, label, and the table codes that it covers.
    """

    id: str
    label: str
    values: tuple[tuple[str, str, tuple[str, ...]], ...]

    @property
    def kind(self) -> str:
        """The API's word for what the list does."""
        return "Aggregation" if self.id.startswith("agg_") else "Valueset"


@dataclass(frozen=True)
class Variable:
    """One dimension.

    Attributes:
        elimination: True where the variable may be left out (its codes are then added up), or the
            code that stands for all of them; False where it must be selected.
        role: `time`, `geo`, `metric` or nothing.
        units: Unit and decimals by code, for the measures.
    """

    code: str
    label: str
    role: str
    elimination: bool | str
    codelists: tuple[str, ...]
    codes: tuple[str, ...]
    labels: tuple[str, ...]
    units: dict[str, tuple[str, int]] = field(default_factory=dict)

    @cached_property
    def position(self) -> dict[str, int]:
        """Where each code stands."""
        return {code: at for at, code in enumerate(self.codes)}


class Table:
    """One table; the cells are read when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        head = tomllib.loads((folder / "table.toml").read_text(encoding="utf-8"))
        self._folder = folder
        self._lock = threading.Lock()
        self._cube: tuple[NDArray[np.float64], NDArray[np.int8]] | None = None
        self.id: str = str(head["id"])
        self.label: str = head["label"]
        self.source: str = head.get("source", "Statistisk sentralbyrå")
        self.updated = stamp(head["updated"])
        self.notes: list[str] = list(head.get("notes", []))
        rows = _codes(folder / "codes.csv")
        self.variables = tuple(_variable(v, rows.get(v["code"], [])) for v in head["variable"])

    @cached_property
    def by_code(self) -> dict[str, Variable]:
        """The variables by code."""
        return {variable.code: variable for variable in self.variables}

    @property
    def time(self) -> Variable:
        """The time variable; a table without one takes its last."""
        timed = [v for v in self.variables if v.role == "time"]
        return timed[0] if timed else self.variables[-1]

    def cube(self) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
        """Values and statuses, one axis per variable.

        A combination of codes without a row has no value and the status `.` (impossible). Several
        threads may ask at once; one of them reads.
        """
        with self._lock:
            if self._cube is None:
                self._cube = self._read()
            return self._cube

    def _read(self) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
        import numpy as np
        import polars as pl

        names = [variable.code for variable in self.variables]
        frame = pl.read_parquet(self._folder / "cells.parquet")
        positions = frame.select(
            pl.col(v.code).cast(pl.String).cast(pl.Enum(list(v.codes))).to_physical()
            for v in self.variables
        )
        shape = tuple(len(variable.codes) for variable in self.variables)
        flat = np.ravel_multi_index(
            tuple(positions[name].to_numpy().astype(np.int64) for name in names), shape
        )
        values = np.full(shape, np.nan)
        values.reshape(-1)[flat] = frame["value"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        statuses = np.full(shape, IMPOSSIBLE, dtype=np.int8)
        marked = frame.select(_status(frame)).to_series()
        statuses.reshape(-1)[flat] = marked.to_numpy()
        return values, statuses


def _status(frame: Any) -> Any:
    """The status number of each row: a hidden cell stays hidden, a constructed one is marked."""
    import polars as pl

    given = pl.col("status").cast(pl.String) if "status" in frame.columns else pl.lit(None)
    constructed = pl.col("constructed") if "constructed" in frame.columns else pl.lit(False)
    return (
        pl.when(given == ".")
        .then(IMPOSSIBLE)
        .when(given == "..")
        .then(MISSING)
        .when(given == ":")
        .then(CONFIDENTIAL)
        .when(pl.col("value").is_null())
        .then(MISSING)
        .when(constructed | (given == "constructed"))
        .then(CONSTRUCTED)
        .otherwise(ORDINARY)
        .cast(pl.Int8)
    )


def _codes(path: Path) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["variable"], []).append(row)
    return found


def _variable(head: dict[str, Any], rows: list[dict[str, str]]) -> Variable:
    return Variable(
        code=head["code"],
        label=head["label"],
        role=head.get("role", ""),
        elimination=head.get("elimination", False),
        codelists=tuple(head.get("codelists", ())),
        codes=tuple(row["code"] for row in rows),
        labels=tuple(row["label"] for row in rows),
        units={
            row["code"]: (row["unit"], int(row.get("decimals") or 0))
            for row in rows
            if row.get("unit")
        },
    )


def stamp(value: Any) -> str:
    """A time stamp as the API writes it, from TOML text or date-time."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else str(value)


class Library:
    """All tables and codelists of the sample; each is read when it is first asked for."""

    def __init__(self, sample: Path) -> None:
        self._folder = sample / "pxweb"
        self._tables: dict[str, Table] = {}
        self._lock = threading.Lock()

    @property
    def ids(self) -> list[str]:
        """The tables there are."""
        return sorted(path.parent.name for path in self._folder.glob("*/table.toml"))

    def table(self, name: str) -> Table | None:
        """A table by its id, or None."""
        if name not in self.ids:
            return None
        with self._lock:
            if name not in self._tables:
                self._tables[name] = Table(self._folder / name)
            return self._tables[name]

    def codelist(self, name: str) -> Codelist | None:
        """A codelist by its id, or None."""
        path = self._folder / "codelists" / f"{name}.toml"
        if path not in self._folder.glob("codelists/*.toml"):
            return None
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        values = tuple((v["code"], v["label"], tuple(v["members"])) for v in content["value"])
        return Codelist(content["id"], content["label"], values)
