"""Profiles: what each table looked like in a night, to hold the next vintage against.

While a night is built, `raw.profile` gets the rows and sums of every table, by period and area, and
what each source says of its columns, units, codes and footnotes. `raw.profile_before` has the same
of the vintage before. The profile of a night is kept in a file, and its hash in the journal; a file
that is lost is made anew from landing.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tasks import warehouse
from tasks.journal import Entry
from tasks.jsonlines import sync_folder
from tasks.transform import Table

if TYPE_CHECKING:
    import duckdb

__all__ = [
    "History",
    "Past",
    "Rules",
    "Stands",
    "begin",
    "hold_against",
    "of_source",
    "of_table",
    "past",
    "read",
    "rules",
    "stood_before",
    "taken",
    "write",
]

# By table, the snapshot of each dataset that it is made of.
Stands = Mapping[str, Mapping[str, str | None]]
NOW, BEFORE = "raw.profile", "raw.profile_before"
_SCHEMA: dict[str, type[pl.DataType]] = {
    "table_name": pl.String,
    "part": pl.String,
    "period": pl.String,
    "area": pl.String,
    "measure": pl.String,
    "value": pl.Float64,
    "text": pl.String,
}
_COLUMNS = ", ".join(_SCHEMA)
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
# What a source says of a table, in the frames that come beside its rows.
_SAYS = {
    "_codes": {
        "unit": "select dimension || ' ' || code, concat_ws(' ', unit, 'desimaler', decimals) "
        "from {table} where dimension = 'ContentsCode'",
        # A new year is no news.
        "code": "select dimension || ' ' || code, label from {table} where dimension != 'Tid'",
    },
    "_notes": {
        "note": "select concat_ws(' ', coalesce(dimension, 'tabellen'), code, "
        "row_number() over (partition by dimension, code order by text)), text from {table}",
    },
}


@dataclass(frozen=True)
class Rules:
    """How tables are profiled: `data/reference/profile.toml`."""

    periods: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    area_periods: int = 0
    not_figures: frozenset[str] = frozenset()
    not_profiled: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Past:
    """A night that was built.

    Attributes:
        vintages: The snapshot that each dataset stood on.
        profile: Hash of its profile.
        record: What the journal says of it.
    """

    vintages: Mapping[str, str | None]
    profile: str
    record: Mapping[str, Any]


class History:
    """The nights before one, and what tables looked like in them.

    Args:
        nights: Newest first.
        folder: Where profiles are kept.
        again: Makes the profile of a night anew where its file is lost; None where it cannot.
    """

    def __init__(
        self,
        nights: Sequence[Past],
        folder: Path,
        again: Callable[[Mapping[str, Any]], pl.DataFrame | None],
    ) -> None:
        self._nights = nights
        self._folder = folder
        self._again = again
        self._read: dict[str, pl.DataFrame | None] = {}

    def __call__(self, stands: Stands) -> list[tuple[pl.DataFrame, list[str]]]:
        """The profiles of the vintages before, each with the tables that it is for.

        Args:
            stands: By table, the snapshots that it stands on now.
        """
        chosen: dict[str, list[str]] = {}
        records = {night.profile: night.record for night in self._nights}
        for table, snapshots in stands.items():
            night = stood_before(self._nights, snapshots)
            if night is not None:
                chosen.setdefault(night.profile, []).append(table)
        frames = [(self._frame(name, records[name]), tables) for name, tables in chosen.items()]
        return [(frame, tables) for frame, tables in frames if frame is not None]

    def _frame(self, name: str, record: Mapping[str, Any]) -> pl.DataFrame | None:
        if name not in self._read:
            found = read(name, self._folder)
            self._read[name] = found if found is not None else self._again(record)
        return self._read[name]


def rules(reference: Path) -> Rules:
    """The rules of a project; early nights had none, and profile nothing."""
    file = reference / "profile.toml"
    if not file.is_file():
        return Rules()
    said = tomllib.loads(file.read_text(encoding="utf-8"))
    return Rules(
        tuple(said["periods"]),
        tuple(said["areas"]),
        said["area_periods"],
        frozenset(said["not_figures"]),
        frozenset(said["not_profiled"]),
    )


def begin(con: duckdb.DuckDBPyConnection) -> None:
    """Make `raw.profile` and `raw.profile_before`, empty."""
    for table in (NOW, BEFORE):
        warehouse.load_frame(con, table, pl.DataFrame(schema=_SCHEMA))


def of_table(con: duckdb.DuckDBPyConnection, table: Table, by: Rules) -> None:
    """Profile a built table into `raw.profile`: rows, and the sum of each column of figures.

    Grain: one row per measure × period, and per measure × area of the newest periods. Of a table
    without period or area there is one row per measure.
    """
    if not by.periods or table.name in by.not_profiled:
        return
    kinds = warehouse.column_types(con, table.name)
    _forget(con, table.name)
    con.execute(f"insert into {NOW} ({_COLUMNS}) {_profile_query(table, kinds, by)}")


def _profile_query(table: Table, kinds: Mapping[str, str], by: Rules) -> str:
    period = " || '-' || ".join(
        f"printf('%02d', \"{c}\")" if kinds[c] in _NUMBERS else f'"{c}"::varchar'
        for c in by.periods
        if c in table.key and c in kinds
    )
    # Where each row is a unit of its own, there is nothing to sum over it.
    named = [c for c in by.areas if c in table.key and c in kinds and len(table.key) > 1]
    area = f'"{named[0]}"::varchar' if named else None
    figures = [
        column
        for column, kind in kinds.items()
        if kind.partition("(")[0] in _NUMBERS
        and column not in table.key
        and column not in by.not_figures
    ]
    sums = "".join(f', sum("{c}")::double as "{c}"' for c in figures)
    names = ", ".join(f'"{c}"' for c in ["rows", *figures])
    sets = '("_period"), ("_period", "_area")' if area else '("_period")'
    return f"""
        with rows_of_it as (
            select *, {period or "null::varchar"} as "_period", {area or "null::varchar"} as "_area"
            from {warehouse.quote(table.name)}
        ),
        grouped as (
            select "_period", {'"_area"' if area else 'null::varchar as "_area"'},
                {'grouping("_area")' if area else "1"} as is_whole, count(*)::double as "rows"{sums}
            from rows_of_it group by grouping sets ({sets})
        ),
        newest as (
            select distinct "_period" from grouped order by 1 desc limit {by.area_periods}
        ),
        kept as (
            select * exclude (is_whole) from grouped
            where is_whole = 1 or "_area" is not null
                and ("_period" is null or "_period" in (from newest))
        )
        select '{table.name}', 'figure', "_period", "_area", measure, value, null
        from kept unpivot include nulls (value for measure in ({names}))
    """


def of_source(con: duckdb.DuckDBPyConnection, dataset: str) -> None:
    """Write what the source of a dataset says of it into `raw.profile`: columns, units, codes."""
    name = f"raw.{dataset}"
    _forget(con, name)
    rows = [(f"{c}", _plain(kind)) for c, kind in warehouse.column_types(con, name).items()]
    told = [(name, "column", item, text) for item, text in rows]
    for suffix, queries in _SAYS.items():
        if warehouse.has(con, f"{name}{suffix}"):
            beside = warehouse.column_types(con, f"{name}{suffix}")
            for part, query in queries.items():
                if "dimension" in beside:
                    found = con.execute(query.format(table=warehouse.quote(f"{name}{suffix}")))
                    told += [(name, part, *row) for row in found.fetchall()]
    if told:
        frame = pl.DataFrame(told, schema=["table_name", "part", "measure", "text"], orient="row")
        warehouse.append_frame(con, NOW, frame)


def past(entries: Iterable[Entry]) -> list[Past]:
    """The nights that have a profile, newest first; of each date the last.

    One that was run again leaves no vintage of its own, as `nights.stood_on` has it. Tomorrow is
    held against what people saw last, and two nights on a date end as one night does.
    """
    by_date = {e.payload["as_of"]: e.payload for e in entries if e.kind == "night.built"}
    built = [by_date[day] for day in sorted(by_date) if "profiles" in by_date[day]]
    return [
        Past(
            {name: chosen["snapshot"] for name, chosen in payload["vintages"].items()},
            payload["profiles"],
            payload,
        )
        for payload in reversed(built)
    ]


def stood_before(nights: Iterable[Past], now: Mapping[str, str | None]) -> Past | None:
    """The newest of the nights in which one of these datasets stood on another snapshot.

    Where there are no datasets (what people said), it is the newest night.
    """
    for night in nights:
        then = {name: night.vintages.get(name) for name in now}
        if None in then.values() and len(then) == 1:
            continue
        if not now or then != now:
            return night
    return None


def hold_against(
    con: duckdb.DuckDBPyConnection,
    tables: Iterable[str],
    frames: Iterable[tuple[pl.DataFrame, Iterable[str]]],
) -> None:
    """Put profiles of the vintages before in `raw.profile_before`, in place of what is there."""
    con.execute(f"delete from {BEFORE} where list_contains(?, table_name)", [list(tables)])
    for frame, names in frames:
        chosen = frame.filter(pl.col("table_name").is_in(list(names)))
        warehouse.append_frame(con, BEFORE, chosen)


def taken(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The profile of the night, in order."""
    return warehouse.frame(con, f"from {NOW} order by all")


def write(frame: pl.DataFrame, folder: Path) -> str:
    """Keep a profile under the hash of what it says.

    Returns:
        The hash.
    """
    name = _hash(frame)
    file = folder / f"{name}.parquet"
    if read(name, folder) is None:
        folder.mkdir(parents=True, exist_ok=True)
        half = file.with_suffix(".half")
        with half.open("wb") as out:
            frame.write_parquet(out, compression="zstd")
            out.flush()
            os.fsync(out.fileno())
        half.replace(file)
        sync_folder(folder)
    return name


def read(name: str, folder: Path) -> pl.DataFrame | None:
    """A kept profile; None where its file is gone or no longer says what it said."""
    try:
        frame = pl.read_parquet(folder / f"{name}.parquet")
    except (OSError, pl.exceptions.PolarsError):
        return None
    return frame if _hash(frame) == name else None


def _forget(con: duckdb.DuckDBPyConnection, name: str) -> None:
    con.execute(f"delete from {NOW} where table_name = ?", [name])


def _plain(kind: str) -> str:
    """A column's type as it matters: a list of codes is text, however many they are."""
    return "VARCHAR" if kind.startswith("ENUM") else kind


def _hash(frame: pl.DataFrame) -> str:
    return hashlib.sha256(frame.write_csv().encode()).hexdigest()
