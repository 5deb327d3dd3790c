"""Files about persons: 120 000 rows a year for seven years, from the folder to the typed table.

Ours reads each file, checks and hashes the numbers, lands the frame and its counts, parses them
from landing and stages `restricted.applicant`. The peer is what an analyst writes in pandas:
`read_csv`, the same HMAC row by row, names dropped, and the frames together into a DuckDB table. It
lands nothing, checks no number and counts nothing. Each runs in a process of its own, whose peak
memory is measured. Same files, medians of three.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

from tasks.demo.construct_persons import files, write

ROWS = 120_000
YEARS = 7
ROUNDS = 3
MEMORY_LIMIT_MIB = 2048
# Ours checks, lands, syncs and counts besides.
LIMIT = 2.0
CHECKOUT = Path(__file__).resolve().parent.parent

OURS = """
import shutil, sys
from datetime import date
from pathlib import Path
from tasks import catalogue, persons, transform, warehouse
from tasks.journal import Journal
from tasks.landing import Landing
from tasks.settings import Project, Settings
from tasks.sources import person_file
rooms = Settings(home=Path(sys.argv[1]), profile="live").rooms
dataset = catalogue.load(Project().catalogue).datasets["vigo_applicants"]
landed = persons.take(rooms, Journal(rooms.journal), dataset, date(2026, 11, 24))
landing = Landing(rooms.landing)
folder = rooms.parsed / dataset.id
folder.mkdir()
for name, frame in person_file.parse(landing.kept(landed), dataset.selection).items():
    warehouse.write_parquet(frame, folder / f"{name}.parquet")
con = warehouse.open_build(rooms.build / "bench.duckdb")
warehouse.load_parquet(con, dataset.id, folder)
for table in transform.read_project(Project().sql):
    if table.name == dataset.table:
        transform.build(con, table)
print(con.execute(f"select count(*) from {dataset.table}").fetchall()[0][0])
"""
PEER = """
import hmac, sys
from pathlib import Path
import duckdb, pandas as pd
home, key, frames = Path(sys.argv[1]), b"k" * 32, []
for file in sorted((home / "inbox" / "vigo").glob("*.csv")):
    frame = pd.read_csv(file, sep=";", dtype=str, encoding="utf-8-sig")
    frame["person"] = frame["fodselsnummer"].map(
        lambda number: hmac.new(key, number.encode(), "sha256").hexdigest()
    )
    frames.append(frame.drop(columns=["fodselsnummer", "fornavn", "etternavn", "adresse"]))
rows = pd.concat(frames)
con = duckdb.connect(str(home / "peer.duckdb"))
con.execute("create table applicant as select * from rows")
print(con.execute("select count(*) from applicant").fetchall()[0][0])
"""
# `ru_maxrss` would count what the parent held before the program was started in its place.
MEASURED = """
import re, time
from pathlib import Path
started = time.perf_counter()
{script}
seconds = time.perf_counter() - started
print(seconds, int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024)
"""


def run() -> list[dict[str, object]]:
    """Time and memory of both, rows per second and mebibytes."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        generated(root / "files")
        ours = [measured(OURS, root, f"ours-{n}") for n in range(ROUNDS)]
        peer = [measured(PEER, root, f"peer-{n}") for n in range(ROUNDS)]
    mine, theirs = (statistics.median(seconds for seconds, _ in r) for r in (ours, peer))
    most, other = (statistics.median(memory for _, memory in r) for r in (ours, peer))
    rows = ROWS * YEARS
    return [
        {
            "case": f"{rows:,} person rows from folder to table, rows per second",
            "ours": rows / mine,
            "peer": rows / theirs,
            "ratio": mine / theirs,
            "limit": f"≤ {LIMIT} × the peer's time",
            "ok": mine <= LIMIT * theirs,
        },
        {
            "case": "peak memory of it, MiB",
            "ours": most,
            "peer": other,
            "ratio": most / other,
            "limit": MEMORY_LIMIT_MIB,
            "ok": most <= MEMORY_LIMIT_MIB,
        },
    ]


def generated(folder: Path) -> None:
    """Seven files of the right number of rows each: constructed years, over again until full."""
    made = {n: f for n, f in files(1).items() if n.startswith("sokere_")}
    (frame, *_) = made.values()
    full = pl.concat([frame] * (ROWS // frame.height + 1)).head(ROWS)
    for year in range(2026 - YEARS, 2026):
        write(folder / f"sokere_{year}.csv", full.with_columns(soknadsaar=pl.lit(str(year))))


def measured(script: str, root: Path, name: str) -> tuple[float, float]:
    """Seconds and peak MiB of a process of its own, imports included."""
    home = root / name
    shutil.copytree(root / "files", home / "inbox" / "vigo")
    done = subprocess.run(
        [sys.executable, "-c", MEASURED.format(script=script), str(home)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    # The database draws its progress above what is printed last.
    rows, told = done.stdout.split("\n")[-3:-1]
    assert int(rows) == ROWS * YEARS, rows
    seconds, memory = told.split()
    shutil.rmtree(home)
    return float(seconds), float(memory)
