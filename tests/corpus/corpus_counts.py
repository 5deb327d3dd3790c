"""Malformed answers counted by protocol and by where each was stopped, and what is wrong."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import corpus_cases
import corpus_desk
import corpus_forms
import corpus_nights
import corpus_xlsx
from corpus_source import Case
from corpus_spots import SPOTS
from hypothesis import given, settings

# Drawn into an answer that is as right as the first.
PLAUSIBLE = "plausible"
STOPS = (*corpus_desk.STOPS, PLAUSIBLE)
Found = tuple[Counter[tuple[str, str]], list[str]]


def of_sources(names: Sequence[str]) -> Found:
    """Malformed answers of some spots by protocol and stop, each once; and what is wrong."""
    found: Counter[tuple[str, str]] = Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder, corpus_desk.desk(Path(folder)) as desk:
        waiting: list[Case] = []
        for case in _each_once(desk, names):
            came = desk.tried(case)
            if came.stop is None:
                waiting.append(case)
                continue
            found[case.spot.protocol, came.stop] += 1
            if came.error and not corpus_desk.is_a_refusal(came.error, case.spot.dataset):
                wrong.append(f"{case}: {came.error}")
        for result in corpus_nights.through_nights(desk, waiting):
            stop = _stop(result)
            found[result.case.spot.protocol, stop] += 1
            if stop in {corpus_desk.MART, corpus_desk.WARNED}:
                wrong.append(f"{result.case}: {stop} {result.reason}")
            elif stop in {corpus_desk.STAGING, corpus_desk.SUITE} and not result.named:
                wrong.append(f"{result.case}: no finding names the dataset")
    return found, wrong


def _each_once(desk: corpus_desk.Desk, names: Sequence[str]) -> Iterator[Case]:
    """The cases of some spots, by hand, of the transfer and drawn; no body twice."""
    seen: set[bytes] = set()
    for spot in (spot for spot in SPOTS if str(spot) in names):
        right = desk.right_body(spot)
        cases = corpus_cases.by_hand(spot) + corpus_cases.on_the_way(spot)
        corpus_cases.for_each_drawn(spot, right, cases.append)
        for case in cases:
            body = case.damage.change(right) if case.damage.change else None
            if body is None or body not in seen | {right}:
                yield case
            if body is not None:
                seen.add(body)


def _stop(result: corpus_nights.Result) -> str:
    """Where a night stopped an answer; what is drawn may be as right as the first."""
    used = result.stop in {corpus_desk.MART, corpus_desk.WARNED}
    return PLAUSIBLE if used and result.case.damage.layer == corpus_cases.DRAWN else result.stop


def of_forms() -> Found:
    """Malformed forms in the inbox."""
    found: Counter[tuple[str, str]] = Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        forms = corpus_forms.FormDesk(Path(folder))

        def tell(name: str, body: bytes, *, drawn: bool) -> None:
            stop, why = forms.tried(body)
            if stop == corpus_desk.LANDING and not why:
                wrong.append(f"form: {name}: refused without a reason")
            if stop == corpus_desk.MART and not drawn:
                wrong.append(f"form: {name}: taken")
            is_drawn = drawn and stop == corpus_desk.MART
            found[corpus_forms.FORM, PLAUSIBLE if is_drawn else stop] += 1

        for damage in corpus_forms.BY_HAND:
            assert damage.change is not None
            tell(damage.name, damage.change(forms.right), drawn=False)

        @settings(**corpus_cases.SAME_EVERYWHERE)
        @given(corpus_xlsx.mutations(forms.right))
        def drawn(body: bytes) -> None:
            tell("drawn", body, drawn=True)

        drawn()
    return found, wrong
