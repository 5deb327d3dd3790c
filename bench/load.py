"""Ten million rows from landing to a committed table, beside parsing and a Parquet CTAS alone.

Ours is all that a night does with a landed snapshot: read the compressed blob, check its hash,
parse, write Parquet, load it in the build file and commit. The peer has the bytes in memory and the
Parquet file already written. Same generated CSV, one run, medians of five.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from tasks import warehouse
from tasks.landing import Landing
from tasks.sources import Answer, delimited

ROWS = 10_000_000
ROUNDS = 5
LIMIT = 2.0
DAY = date(2026, 11, 20)
SELECTION = delimited.Selection(path="rows.csv", columns=["code", "year", "persons"])


def run() -> list[dict[str, object]]:
    content = generated(ROWS)
    now = datetime.now(UTC)
    answer = Answer("file", "GET", "http://x/rows.csv", None, 200, {}, content, now)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        landing = Landing(root / "landing")
        landing.land("rows", DAY, [answer])
        ready = root / "ready"
        write_parquet(delimited.parse([answer], SELECTION), ready)
        ours, peer = [], []
        for number in range(ROUNDS):
            peer.append(seconds(lambda n=number: by_hand(answer, ready, root / f"peer-{n}")))
            ours.append(seconds(lambda n=number: from_landing(landing, root / f"ours-{n}")))
    ratio = statistics.median(ours) / statistics.median(peer)
    return [
        {
            "case": f"{ROWS:,} rows from landing to committed table, s",
            "ours": statistics.median(ours),
            "peer": statistics.median(peer),
            "ratio": ratio,
            "limit": f"≤ {LIMIT} × parse + CTAS",
            "ok": ratio <= LIMIT,
        }
    ]


def generated(rows: int) -> bytes:
    random = np.random.default_rng(1)
    frame = pl.DataFrame(
        {
            "code": pl.Series(random.integers(1000, 5999, rows)).cast(pl.String),
            "year": random.integers(2000, 2050, rows),
            "persons": random.integers(0, 500, rows),
        }
    )
    return frame.write_csv(separator=";").encode()


def by_hand(answer: Answer, ready: Path, folder: Path) -> None:
    folder.mkdir()
    delimited.parse([answer], SELECTION)
    with duckdb.connect(str(folder / "b.duckdb")) as con:
        con.execute(
            "create table t as select * from read_parquet(?)", [str(ready / "rows.parquet")]
        )
        check(con, "t")


def from_landing(landing: Landing, folder: Path) -> None:
    snapshot = landing.latest("rows")
    assert snapshot is not None
    write_parquet(delimited.parse(landing.answers(snapshot), SELECTION), folder)
    with warehouse.open_build(folder / "b.duckdb") as con:
        warehouse.load_parquet(con, "rows", folder)
        check(con, "raw.rows")


def write_parquet(frames: dict[str, pl.DataFrame], folder: Path) -> None:
    folder.mkdir()
    for name, frame in frames.items():
        warehouse.write_parquet(frame, folder / f"{name}.parquet")


def check(con: duckdb.DuckDBPyConnection, table: str) -> None:
    assert con.execute(f"select count(*) from {table}").fetchall() == [(ROWS,)]


def seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
