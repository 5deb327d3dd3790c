"""Every damaged answer: right answers of every protocol, and what is done to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import corpus_http
import corpus_json
import corpus_meaning
import corpus_text
import corpus_xlsx
import msgspec
from corpus_damages import Damage
from corpus_source import Case, Spot
from corpus_spots import SPOTS
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

# The layer of a damage that is drawn.
DRAWN = "drawn"
FORMS = {
    "delimited": corpus_text,
    "person_file": corpus_text,
    "workbook": corpus_xlsx,
}


# Settings of what is drawn: the same on every machine, shrunk to the simplest.
SAME_EVERYWHERE = {
    "max_examples": 15,
    "derandomize": True,
    "database": None,
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
}


def by_hand(spot: Spot) -> list[Case]:
    """The damages of a spot's own form, and what of its form cannot be."""
    form = FORMS.get(spot.protocol, corpus_json).BY_HAND
    return [Case(spot, d) for d in (*form, *corpus_meaning.BY_SPOT.get(str(spot), ()))]


def on_the_way(spot: Spot) -> list[Case]:
    """The damages of the transfer; the first answer of each protocol suffers them all."""
    if spot.protocol == "person_file":
        return []
    first = next(s for s in SPOTS if s.protocol == spot.protocol)
    return [Case(spot, d) for d in corpus_http.DAMAGES] if spot is first else []


def drawn(spot: Spot, right: bytes) -> st.SearchStrategy[Case]:
    """Damages to a right answer at any place of it."""
    if spot.protocol in FORMS:
        bodies = FORMS[spot.protocol].mutations(right)
        return bodies.map(lambda body: Case(spot, Damage(DRAWN, DRAWN, lambda _: body)))
    if spot.answer == "token":
        return corpus_text.mutations(right).map(
            lambda body: Case(spot, Damage(DRAWN, DRAWN, lambda _: body))
        )
    document = msgspec.json.decode(right)
    return corpus_json.mutations(document).map(lambda mutation: _mutated(spot, mutation))


def _mutated(spot: Spot, mutation: corpus_json.Mutation) -> Case:
    def change(body: bytes) -> bytes:
        try:
            return corpus_json.dumped(mutation(msgspec.json.decode(body)))
        except LookupError:  # a page of the same address that has no such place
            return body

    return Case(spot, Damage(f"drawn: {mutation}"[:200], DRAWN, change))


def for_each_drawn(spot: Spot, right: bytes, tell: Callable[[Case], Any]) -> None:
    """Draw damages and tell each; what `tell` raises is shrunk to the simplest."""

    @settings(**SAME_EVERYWHERE, phases=[Phase.explicit, Phase.generate, Phase.shrink])
    @given(case=drawn(spot, right))
    def told(case: Case) -> None:
        tell(case)

    told()
