"""Whole nights with damaged answers, and where in a night each came to a stop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl
from corpus_desk import HARMLESS, LEFT_OUT, MART, STAGING, SUITE, WARNED, Desk, Tables
from corpus_source import Case, batches

from tasks.night import Outcome
from tasks.transform import Table

_STOP = {"parse": "parse", "stage": STAGING, "block": SUITE}


@dataclass(frozen=True)
class Result:
    """What a night made of one damaged answer.

    Attributes:
        case: The answer.
        stop: Where it was stopped; `harmless` where the night published the right figures all the
            same, `left out` where what was wrong stands as unknown, `warned` where other figures
            are published and told of, `mart` where nothing told.
        named: Whether a finding names the dataset.
        reason: Why it was stopped, or what is told of it.
        changed: Typed tables of the dataset with other figures than the right ones.
    """

    case: Case
    stop: str
    named: bool
    reason: str
    changed: tuple[str, ...] = ()


def unsettled(desk: Desk, cases: Iterable[Case]) -> Iterator[Case]:
    """The cases that are parsed into something else than the right answer, as they are tried."""
    return (case for case in cases if desk.tried(case).stop is None)


def through_nights(desk: Desk, cases: Sequence[Case]) -> Iterator[Result]:
    """Put cases through whole nights, one damage to each dataset a night."""
    for batch in batches(cases):
        outcome, content = desk.night(batch)
        right = desk.right_beside(batch[0].spot)
        for case in batch:
            stopped = _stopped(case, outcome)
            if stopped is not None:
                yield stopped
                continue
            # A mart of several datasets does not tell whose figures are wrong; what is typed does.
            changed = [
                table for table in desk.typed_of(case.spot.dataset)
                if table.name not in content or not content[table.name].equals(right[table.name])
            ]  # fmt: skip
            warnings = _warnings(desk, case, outcome)
            if not changed:
                stop = HARMLESS
            elif all(_leaves_out(table, right, content) for table in changed):
                stop = LEFT_OUT
            else:
                stop = WARNED if warnings else MART
            names = tuple(table.name for table in changed)
            yield Result(case, stop, bool(warnings), "; ".join(warnings), names)
        if all(_stopped(case, outcome) for case in batch):
            _hold_to_the_right(batch, desk.right, content)


def _hold_to_the_right(batch: Sequence[Case], right: Tables, content: Tables) -> None:
    """Where every damage was stopped, not a figure of the night is another than the right one."""
    names = sorted({*right, *content})
    changed = [
        n for n in names if n not in right or n not in content or not right[n].equals(content[n])
    ]
    assert changed == [], f"{[str(case) for case in batch]}: {changed}"


def _leaves_out(table: Table, right: Tables, content: Tables) -> bool:
    """Whether rows are the right ones but for cells that are empty; a reason says why one is."""
    if table.name not in content:
        return False
    both = right[table.name].join(
        content[table.name], on=list(table.key), how="full", suffix=" now", nulls_equal=True
    )
    told = [c for c in right[table.name].columns if not c.endswith("_reason")]
    same = [
        pl.col(f"{c} now").is_null() | pl.col(c).eq_missing(pl.col(f"{c} now"))
        for c in told
        if c not in table.key
    ]
    keys = [pl.col(c).eq_missing(pl.col(f"{c} now")) for c in table.key]
    return bool(both.select(pl.all_horizontal(*keys, *same).all()).item())


def _warnings(desk: Desk, case: Case, outcome: Outcome) -> list[str]:
    """What is told of a dataset that is not told when its answer is right."""
    return [
        finding.reason
        for finding in outcome.findings
        if finding.dataset == case.spot.dataset
        and (finding.dataset, finding.about) not in desk.known
    ]


def _stopped(case: Case, outcome: Outcome) -> Result | None:
    (vintage,) = (v for v in outcome.vintages if v.dataset == case.spot.dataset)
    if vintage.kind is None:
        return None
    named = any(f.dataset == case.spot.dataset for f in outcome.findings)
    return Result(case, _STOP[vintage.kind], named, vintage.reason or "")
