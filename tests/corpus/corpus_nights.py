"""Whole nights with damaged answers, and where in a night each came to a stop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpus_desk import HARMLESS, MART, STAGING, SUITE, WARNED, Desk, Tables
from corpus_source import Case, batches

from tasks.night import Outcome

_STOP = {"parse": "parse", "stage": STAGING, "block": SUITE}


@dataclass(frozen=True)
class Result:
    """What a night made of one damaged answer.

    Attributes:
        case: The answer.
        stop: Where it was stopped; `harmless` where the night published the right figures all the
            same, `warned` where others are published and told of, `mart` where nothing told.
        named: Whether a finding names the dataset.
        reason: Why it was stopped, or what is told of it.
        changed: Typed tables of the dataset with other figures than the right ones.
    """

    case: Case
    stop: str
    named: bool
    reason: str
    changed: tuple[str, ...] = ()


def unsettled(desk: Desk, cases: Sequence[Case]) -> list[Case]:
    """The cases that are parsed into something else than the right answer."""
    return [case for case in cases if desk.tried(case).stop is None]


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
            changed = tuple(
                name for name in desk.typed_of(case.spot.dataset)
                if name not in content or not content[name].equals(right[name])
            )  # fmt: skip
            warnings = _warnings(desk, case, outcome)
            stop = (WARNED if warnings else MART) if changed else HARMLESS
            yield Result(case, stop, bool(warnings), "; ".join(warnings), changed)
        if all(_stopped(case, outcome) for case in batch):
            _hold_to_the_right(batch, desk.right, content)


def _hold_to_the_right(batch: Sequence[Case], right: Tables, content: Tables) -> None:
    """Where every damage was stopped, not a figure of the night is another than the right one."""
    names = sorted({*right, *content})
    changed = [
        n for n in names if n not in right or n not in content or not right[n].equals(content[n])
    ]
    assert changed == [], f"{[str(case) for case in batch]}: {changed}"


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
