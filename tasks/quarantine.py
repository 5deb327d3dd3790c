"""Quarantine: vintages that were not let through, the rows that stopped them, and people's verdict.

A refused snapshot stays in landing and its dataset stands on the last good one. Each night tries it
again, since a rule or a neighbour may have been what was wrong, and writes what stopped it to
`audit.quarantine` (one row per failing expectation) and `quarantine.row` (the rows, in the internal
file only). A person may let a snapshot through or reject it for good; the journal holds who, why
and when, and the next build goes by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

import duckdb
import polars as pl

from tasks import dates, warehouse
from tasks.errors import NotFound, WrongUse
from tasks.settings import oslo_date

if TYPE_CHECKING:
    from tasks.journal import Entry, Journal
    from tasks.quality import Result

VERDICT = "quarantine.verdict"
DROPPED = "dropped"
ROWS_STORED = 10_000
_TABLE = {
    "dataset": pl.String,
    "snapshot": pl.String,
    "kind": pl.String,
    "table_name": pl.String,
    "key": pl.String,
    "reason": pl.String,
    "owner": pl.String,
    "unexpected_count": pl.Int64,
    "rows_stored": pl.Int64,
    "put_back": pl.String,
    "verdict": pl.String,
}


@dataclass(frozen=True)
class Held:
    """Why a snapshot was not let through: one failing expectation.

    Attributes:
        dataset: The dataset that was put back.
        snapshot: Its refused snapshot.
        kind: `block`, or `parse`, `stage` where it did not get as far as a suite.
        table: The table whose suite failed, `schema.table`; empty where none was run.
        key: What the expectation is known by there; empty where no verdict can overrule it.
        reason: What is wrong, in Norwegian.
        owner: Who answers for it.
        unexpected_count: Rows against it, all of them; None where it is not about rows.
        rows_stored: How many of them stand in `quarantine.row`.
        put_back: Where it is a mart that does not hold: why this dataset was put back, and whether
            others were too; else empty.
    """

    dataset: str
    snapshot: str
    kind: str
    table: str
    key: str
    reason: str
    owner: str
    unexpected_count: int | None = None
    rows_stored: int = 0
    put_back: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a person decided about a refused snapshot.

    Attributes:
        dataset: The dataset.
        snapshot: The snapshot.
        verdict: `release`: publish it all the same; `drop`: never try it again.
        by: Who decided, as stated.
        reason: Why.
        on: Oslo date of the decision.
        overruled: What it releases from: tables and keys of expectations.
    """

    dataset: str
    snapshot: str
    verdict: Literal["release", "drop"]
    by: str
    reason: str
    on: date
    overruled: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    def __str__(self) -> str:
        done = "frigitt" if self.verdict == "release" else "forkastet"
        return f"{done} av {self.by} {dates.day(self.on)}: {self.reason}"


class Verdicts:
    """The verdicts that stand: the last of each snapshot."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._of: dict[tuple[str, str], Verdict] = {}
        for entry in entries:
            if entry.kind == VERDICT:
                verdict = _verdict(entry)
                self._of[verdict.dataset, verdict.snapshot] = verdict

    def of(self, dataset: str, snapshot: str | None) -> Verdict | None:
        """The verdict on a snapshot, if a person has given one."""
        return self._of.get((dataset, snapshot)) if snapshot else None

    def released(self, dataset: str, snapshot: str | None, result: Result) -> bool:
        """Whether a person has released a snapshot from what an expectation says."""
        verdict = self.of(dataset, snapshot)
        return (
            verdict is not None
            and verdict.verdict == "release"
            and (result.table, result.key) in verdict.overruled
        )

    def dropped(self, dataset: str, snapshot: str | None) -> Verdict | None:
        """The verdict that rejects a snapshot for good, if there is one."""
        verdict = self.of(dataset, snapshot)
        return verdict if verdict is not None and verdict.verdict == "drop" else None


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Make `quarantine.row`, empty: one row per refused row and expectation, the row as JSON."""
    con.execute(
        "create or replace table quarantine.row (dataset varchar, snapshot varchar, "
        'table_name varchar, "key" varchar, position bigint, "row" json)'
    )


def keep_rows(con: duckdb.DuckDBPyConnection, held: Held, query: str) -> tuple[int, int] | None:
    """Keep the rows of a query in `quarantine.row`, at most `ROWS_STORED` of them.

    Returns:
        How many there are, and how many are kept; None where the query does not run.
    """
    try:
        ((count,),) = con.execute(f"select count(*) from ({query})").fetchall()
        con.execute(
            "insert into quarantine.row select ?, ?, ?, ?, row_number() over (), to_json(found) "
            f"from (select * from ({query}) limit {ROWS_STORED}) as found",
            [held.dataset, held.snapshot, held.table, held.key],
        )
    except duckdb.Error:
        return None
    return int(count), min(int(count), ROWS_STORED)


def write(con: duckdb.DuckDBPyConnection, held: Sequence[Held], verdicts: Verdicts) -> None:
    """Write `audit.quarantine`: one row per refused snapshot and failing expectation."""
    rows = []
    for one in sorted(held, key=lambda h: (h.dataset, h.table, h.key)):
        verdict = verdicts.of(one.dataset, one.snapshot)
        rows.append([*vars(one).values(), str(verdict) if verdict else None])
    # The order of `Held` is that of the table, but for the table's name and key.
    frame = pl.DataFrame(rows, schema=_TABLE, orient="row")
    warehouse.load_frame(con, "audit.quarantine", frame)


def decide(
    journal: Journal,
    held: Sequence[dict[str, Any]],
    dataset: str,
    verdict: Literal["release", "drop"],
    by: str,
    reason: str,
) -> Verdict:
    """Journal a person's verdict on what is held of a dataset.

    Args:
        journal: The journal.
        held: Rows of `audit.quarantine` of the published night.
        dataset: The dataset.
        verdict: `release` or `drop`.
        by: Who decides, as stated.
        reason: Why.

    Raises:
        NotFound: nothing of the dataset is held.
        WrongUse: nobody or nothing is stated, or what is held did not get as far as a suite, so
            that no verdict can let it through.
    """
    mine = [row for row in held if row["dataset"] == dataset]
    if not mine:
        raise NotFound(
            subject=dataset,
            expected="et datasett som holdes tilbake",
            got="ingenting",
            remedy="«tilbudsplan quarantine list» viser dem",
        )
    for name, value in (("--by", by), ("--reason", reason)):
        if not value.strip():
            raise WrongUse(
                subject=name,
                expected="hvem som avgjør, og hvorfor",
                got="ingenting",
                remedy=f"skriv det etter {name}",
            )
    fixed = [row for row in mine if not row["key"]]
    if verdict == "release" and fixed:
        raise WrongUse(
            subject=dataset,
            expected="et øyeblikksbilde som lar seg lese inn",
            got=fixed[0]["reason"],
            remedy="rett kilden, katalogen eller SQL-filen; dette kan ingen frigi",
        )
    entry = journal.append(
        VERDICT,
        {
            "dataset": dataset,
            "snapshot": mine[0]["snapshot"],
            "verdict": verdict,
            "by": by.strip(),
            "reason": reason.strip(),
            "overruled": sorted([row["table_name"], row["key"]] for row in mine if row["key"]),
        },
    )
    return _verdict(entry)


def _verdict(entry: Entry) -> Verdict:
    said = entry.payload
    at: datetime = entry.at
    return Verdict(
        said["dataset"],
        said["snapshot"],
        said["verdict"],
        said["by"],
        said["reason"],
        oslo_date(at),
        frozenset((table, key) for table, key in said["overruled"]),
    )
