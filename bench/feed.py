"""A vacancy feed of a million changes and 20 000 details, from landing to a staged table.

Ours is what a night does with a landed log: read and check every blob, parse, write Parquet, load,
and build `staging.vacancy` with one row per vacancy; a process of its own, so that its peak memory
is its own. The peer reads the same blobs with `json` and makes the same rows with pandas, without
history, municipality and occupation. Ratio and limit are of the time.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from tasks.landing import Landing, Snapshot
from tasks.settings import CHECKOUT

ITEMS = 1_000_000
DETAILS = 20_000
PAGE = 10_000
ROUNDS = 3
DAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
LIMIT_BYTES = 2 << 30
LIMIT_RATIO = 1.0
PLACES = ("TRONDHEIM", "STEINKJER", "NAMSOS", "OSLO", "BERGEN", "HERØY", "VÅLER", None)
CODES = ("7411", "5321", "7115", "2223")


def run() -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        landed(Path(folder) / "landing")
        ours = median(measured("ours", folder) for _ in range(ROUNDS))
        peer = median(measured("peer", folder) for _ in range(ROUNDS))
    assert ours["vacancies"] == peer["vacancies"]
    ratio = ours["seconds"] / peer["seconds"]
    name = f"{ITEMS:,} changes, {DETAILS:,} details"
    return [
        {
            "case": f"{name}: changes per second, landing to staged table",
            "ours": f"{ITEMS / ours['seconds']:,.0f}",
            "peer": f"{ITEMS / peer['seconds']:,.0f}",
            "ratio": ratio,
            "limit": f"≤ {LIMIT_RATIO:g} × pandas and json",
            "ok": ratio <= LIMIT_RATIO,
        },
        {
            "case": f"{name}: peak memory, MiB",
            "ours": ours["peak"] / 2**20,
            "peer": peer["peak"] / 2**20,
            "ratio": ours["peak"] / peer["peak"],
            "limit": f"≤ {LIMIT_BYTES >> 20} MiB",
            "ok": ours["peak"] <= LIMIT_BYTES,
        },
    ]


def median(runs: Iterable[dict[str, float]]) -> dict[str, float]:
    done = list(runs)
    return {key: statistics.median(run[key] for run in done) for key in done[0]}


def landed(root: Path) -> Snapshot:
    """A log as nights leave it: pages of ten thousand, then details, in steps."""
    from tasks.sources import Answer

    chance = random.Random(1)  # noqa: S311 - a seeded log, no secret
    landing = Landing(root)
    uuids = [str(UUID(int=chance.getrandbits(128))) for _ in range(ITEMS // 3)]
    last = None

    def answer(role: str, content: object) -> Answer:
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        return Answer(role, "GET", f"http://x/{role}", None, 200, {}, body, NOW)

    for number, items in enumerate(pages(chance, uuids)):
        following = f"/api/v1/feed/p{number + 1}"
        page = {"id": f"p{number}", "next_url": following, "items": items}
        last = landing.extend("feed", DAY, last, [answer(f"page/p{number}", page)])
    for start in range(0, DETAILS, 500):
        step = [
            answer(f"detail/{uuid}/2026-11-20T00:00:00Z", detail(chance, uuid))
            for uuid in uuids[start : start + 500]
        ]
        last = landing.extend("feed", DAY, last, step)
    assert last is not None
    return last


def pages(chance: random.Random, uuids: list[str]) -> Iterator[list[dict[str, object]]]:
    at = datetime(2023, 6, 1, tzinfo=UTC)
    for _ in range(ITEMS // PAGE):
        items: list[dict[str, object]] = []
        for _ in range(PAGE):
            at += timedelta(seconds=chance.randrange(200))
            entry = {
                "uuid": chance.choice(uuids),
                "status": chance.choice(("ACTIVE", "ACTIVE", "INACTIVE")),
                "sistEndret": f"{at:%Y-%m-%dT%H:%M:%S}.{chance.randrange(1000):03d}Z",
                "municipal": chance.choice(PLACES),
                "konstruert": True,
            }
            items.append({"_feed_entry": entry})
        yield items


def detail(chance: random.Random, uuid: str) -> dict[str, object]:
    place = {"country": "NORGE", "county": "TRØNDELAG", "municipal": "TRONDHEIM"}
    return {
        "uuid": uuid,
        "status": "ACTIVE",
        "sistEndret": "2026-11-20T00:00:00Z",
        "ad_content": {
            "published": "2026-11-01T08:00:00Z",
            "expires": "2026-12-01T08:00:00Z",
            "categoryList": [
                {"categoryType": "STYRK08", "code": chance.choice(CODES), "score": 0.9}
            ],
            "workLocations": [place],
            "employer": {"orgnr": "000000001"},
            "positioncount": "1",
            "extent": "Heltid",
        },
        "konstruert": True,
    }


def measured(who: str, folder: str) -> dict[str, float]:
    """Run one of the two in a process of its own; what it says on its last line."""
    command = [sys.executable, "-m", "bench.feed", who, folder]
    done = subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True)
    said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return said


def ours(folder: Path) -> int:
    from tasks import warehouse
    from tasks.sources import nav_feed

    landing = Landing(folder / "landing")
    snapshot = landing.latest("feed")
    assert snapshot is not None
    chosen = nav_feed.Selection(municipalities=("Trondheim",))
    parsed = folder / "parsed"
    parsed.mkdir(exist_ok=True)
    for name, frame in nav_feed.parse(landing.kept(snapshot), chosen).items():
        warehouse.write_parquet(frame, parsed / f"{name}.parquet")
    sql = (CHECKOUT / "sql" / "staging" / "vacancy.sql").read_text(encoding="utf-8")
    with warehouse.open_build(folder / "build.duckdb") as con:
        warehouse.load_parquet(con, "nav_feed_vacancies", parsed)
        warehouse.one_thread(con)  # as a night builds
        klass = CHECKOUT / "data" / "sample" / "klass"
        con.execute(
            "create or replace table staging.municipality as select code as municipality_code, "
            'name as municipality, "validFrom"::date as valid_from, "validTo"::date as valid_to '
            "from read_csv(?, all_varchar = true)",
            [str(klass / "131" / "codes.csv")],
        )
        con.execute(
            "create or replace table staging.county as select code as county_code, name as county "
            "from read_csv(?, all_varchar = true)",
            [str(klass / "104" / "codes.csv")],
        )
        con.execute(
            "create or replace table staging.occupation as select code as occupation_code, "
            "level::integer as level from read_csv(?, all_varchar = true)",
            [str(klass / "7" / "codes.csv")],
        )
        con.execute(f"create or replace table staging.vacancy as {sql}")
        return int(con.execute("select count(*) from staging.vacancy").fetchall()[0][0])


def peer(folder: Path) -> int:
    import pandas as pd

    landing = Landing(folder / "landing")
    snapshot = landing.latest("feed")
    assert snapshot is not None
    entries, details = [], []
    for kept in landing.kept(snapshot):
        content = json.loads(kept.content)
        if kept.role.startswith("page/"):
            entries += [item["_feed_entry"] for item in content["items"]]
        else:
            details.append(content)
    log = pd.DataFrame(entries)
    log["sistEndret"] = pd.to_datetime(log["sistEndret"], utc=True)
    by = log.groupby("uuid", sort=False)
    table = by.agg(
        first_seen=("sistEndret", "min"),
        changed=("sistEndret", "max"),
        status=("status", "last"),
        municipal=("municipal", "last"),
        changes=("status", "size"),
    ).reset_index()
    table = table.merge(pd.json_normalize(details), on="uuid", how="left")
    table.to_parquet(folder / "peer.parquet")
    return len(table)


def peak_bytes() -> int:
    """Most memory that this process has held; `ru_maxrss` would count the one that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    work = {"ours": ours, "peer": peer}[sys.argv[1]]
    begun = time.perf_counter()
    vacancies = work(Path(sys.argv[2]))
    spent = time.perf_counter() - begun
    print(json.dumps({"vacancies": vacancies, "seconds": spent, "peak": peak_bytes()}))
