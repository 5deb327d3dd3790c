"""The offer in classes: proposed, decided, adjusted, and held against counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.cycle import acts, balance, offer, telling
from tasks.cycle.acts import Setting
from tasks.cycle.offer import Line
from tasks.cycle.stages import cycle
from tasks.cycle.state import Record, State

MELHUS, ROROS = "874558362", "974558362"
AREAS = {"HSHSF1----": "HS", "BABAT1----": "BA"}
NEED = {
    "programme": ["HS", "BA"],
    "level": ["1", "1"],
    "region": ["sør", "sør"],
    "private": [5.0, 0.0],
    "needed": [50.0, 20.0],
    "low": [40.0, 15.0],
    "high": [60.0, 25.0],
}


def line(school: str, area: str, classes: float, places: int) -> Line:
    program = AREAS[area]
    return Line(school, school, area, area, 1, program, "sør", classes, places, places / classes)


BASE = [
    line(MELHUS, "HSHSF1----", 2.0, 30),
    line(ROROS, "HSHSF1----", 1.0, 15),
    line(MELHUS, "BABAT1----", 1.5, 18),
]


def base(lines: list[Line] | None = None) -> offer.Offer:
    return {one.key: one for one in lines or BASE}


def setting(
    classes: float, school: str = MELHUS, area: str = "HSHSF1----", places: int | None = None
) -> Setting:
    return Setting(
        school=school, area=area, level=1, classes=classes, places=places, reason="Behovet"
    )


def state(*done: tuple[str, dict[str, Any]]) -> State:
    """A cycle after a proposal on `BASE` and what is given."""
    columns = {name: [getattr(one, name) for one in BASE] for name in offer.COLUMNS}
    facts = {"offer": columns, "need": NEED}
    found = State(cycle("2027/28"), "oppfølging", date(2026, 2, 1))
    for number, (kind, said) in enumerate([("prognose", {"run": "x"}), *done], start=1):
        act = acts.READER.validate_python({"type": kind, **said})
        told = facts if kind == "prognose" else {}
        at = datetime(2026, 11, 1, tzinfo=UTC)
        made = Record(number, act, "X", None, date(2026, 11, 1), at, str(number), "forslag", told)
        found = replace(found, standing=(*found.standing, made))
    return found


def test_a_class_more_is_a_class_s_places_more() -> None:
    after = offer.changed(base(), setting(2.5), "vedtak")
    assert after[MELHUS, "HSHSF1----", 1].places == 38  # 37.5
    assert after[MELHUS, "HSHSF1----", 1].changes == (("vedtak", 2.0, 2.5, "Behovet"),)
    assert after[ROROS, "HSHSF1----", 1] == base()[ROROS, "HSHSF1----", 1]


def test_an_offer_that_is_new_at_a_school_has_the_usual_class() -> None:
    after = offer.changed(base(), setting(1.0, ROROS, "BABAT1----"), "forslag")
    new = after[ROROS, "BABAT1----", 1]
    assert (new.classes, new.places, new.programme, new.region) == (1.0, 12, "BA", "sør")


@given(st.lists(st.integers(0, 8), min_size=1, max_size=6))
def test_only_the_last_number_counts_and_all_are_told(halves: list[int]) -> None:
    """Setting classes is absolute: the way there leaves its reasons and no places."""
    found = base()
    for one in halves:
        found = offer.changed(found, setting(one / 2), "forslag")
    direct = offer.changed(base(), setting(halves[-1] / 2), "forslag")
    last = found[MELHUS, "HSHSF1----", 1]
    assert last.classes == halves[-1] / 2
    assert len(last.changes) == len(halves)
    assert last.places == direct[MELHUS, "HSHSF1----", 1].places
    others = [key for key in found if key != last.key]
    assert all(found[key] == base()[key] for key in others)


def test_proposal_decision_and_adjustment_follow_each_other() -> None:
    told = state(
        ("overstyr", {"setting": setting(3.0).model_dump()}),
        (
            "vedtak",
            {
                "outcome": "godkjent med endringer",
                "case_number": "118/26",
                "amendments": [setting(0.0, ROROS).model_dump()],
            },
        ),
        ("juster", {"lines": [setting(2.5).model_dump()]}),
    )
    key, closed = (MELHUS, "HSHSF1----", 1), (ROROS, "HSHSF1----", 1)
    assert offer.base(told)[key].classes == 2.0
    assert offer.proposed(told)[key].classes == 3.0
    assert offer.proposed(told)[closed].classes == 1.0
    assert offer.decided(told)[closed].places == 0
    assert offer.decided(told)[key].classes == 3.0
    assert offer.adjusted(told)[key].classes == 2.5
    wheres = [where for where, *_ in offer.adjusted(told)[key].changes]
    assert wheres == ["forslag", "justering"]


def test_a_plan_changes_this_year_s_offer_and_is_changed_by_hand() -> None:
    rows = [
        (MELHUS, MELHUS, "HSHSF1----", "HS", 1, "sør", 3.0, 44, "Behovet øker"),
        (ROROS, ROROS, "HSHSF1----", "HS", 1, "sør", 0.0, 0, "Under minste fylling"),
        (ROROS, ROROS, "TPTIP1----", "TP", 1, "sør", 1.0, 15, "Åpnes"),
    ]
    columns = dict(zip(offer.PLANNED, map(list, zip(*rows, strict=True)), strict=True))
    told = state(("overstyr", {"setting": setting(1.0, ROROS).model_dump()}))
    proposal = told.standing[0]
    with_plan = replace(proposal, facts={**proposal.facts, "planned": columns})
    told = replace(told, standing=(with_plan, *told.standing[1:]))
    assert offer.base(told) == base()
    plan = offer.planned(told)
    assert plan[MELHUS, "HSHSF1----", 1].places == 44
    assert plan[ROROS, "HSHSF1----", 1].places == 0
    new = plan[ROROS, "TPTIP1----", 1]
    assert (new.programme, new.size, new.changes[0][0]) == ("TP", 15.0, "plan")
    # What was closed by the plan and kept by hand has its class of today.
    kept = offer.proposed(told)[ROROS, "HSHSF1----", 1]
    assert (kept.classes, kept.places) == (1.0, 15)
    assert [where for where, *_ in kept.changes] == ["plan", "forslag"]


def test_before_a_decision_nothing_is_decided() -> None:
    assert offer.decided(state()) == {}
    assert offer.adjusted(state()) == {}


def test_an_offer_that_goes_and_comes_back_has_its_places_again() -> None:
    gone = offer.changed(base(), setting(0.0), "vedtak")
    assert gone[MELHUS, "HSHSF1----", 1].places == 0
    assert offer.changed(gone, setting(2.0), "justering")[MELHUS, "HSHSF1----", 1].places == 30


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ([setting(1.0), setting(2.0)], "to ganger"),
        ([setting(1.0, "999999999")], "ingen av fylkets skoler"),
        ([setting(1.0, MELHUS, "XXXXX1----")], "hvor mange plasser"),
        ([setting(1.0, MELHUS, "XXXXX1----", 12)], None),
        ([setting(0.0), setting(1.0, ROROS)], None),
    ],
)
def test_lines_that_cannot_be_set(settings: list[Setting], why: str | None) -> None:
    found = offer.unusable(base(), settings)
    assert found is None if why is None else found is not None and why in found


def test_an_amendment_is_evaluated_as_adopted() -> None:
    after = offer.changed(base(), setting(3.0), "vedtak")
    (one,) = balance.evaluated(base(), after, NEED)
    assert (one.programme, one.places_before, one.places_after) == ("HS", 45, 60)
    # 50 needed, 5 of them in private places.
    assert (one.gap_before, one.gap_after) == (0.0, -15.0)
    assert balance.evaluated(base(), base(), NEED) == []


def test_a_count_is_held_to_places_and_forecast() -> None:
    figures = {(MELHUS, "HSHSF1----", 1): 26, (ROROS, "HSHSF1----", 1): 16}
    told = balance.outcomes(base(), figures, NEED)
    (one,) = told
    assert (one.pupils, one.places, one.whole) == (42, 45, True)
    assert (one.low, one.high) == (35.0, 55.0)
    assert one.inside is True
    (part,) = balance.outcomes(base(), {(MELHUS, "HSHSF1----", 1): 26}, NEED)
    assert part.inside is None
    held = balance.against(base(), figures)
    assert [one.spare for one in held] == [4, -1]


@given(st.dictionaries(st.sampled_from([one.key for one in BASE]), st.integers(0, 60)))
def test_no_pupil_is_lost_in_a_count(figures: dict[offer.Key, int]) -> None:
    told = balance.outcomes(base(), figures, NEED)
    assert sum(one.pupils for one in told) == sum(figures.values())
    assert sum(one.spare for one in balance.against(base(), figures)) == sum(
        base()[key].places - count for key, count in figures.items()
    )


@pytest.mark.parametrize("small", [1, 4])
def test_counts_of_few_persons_are_not_shown(small: int) -> None:
    """Neither by themselves, nor by the places that are left, nor by what is left of a sum."""
    rows = [(MELHUS, "HSHSF1----", 26), (ROROS, "HSHSF1----", small)]
    lines = [{"school": s, "area": a, "level": 1, "pupils": n} for s, a, n in rows]
    decided = ("vedtak", {"outcome": "godkjent", "case_number": "118/26"})
    facts = {"offer_sha256": "x" * 64, "run": "x", "draws": 50, "manifest_sha256": "y" * 64}
    told = state(decided, ("telling", {"when": "1. oktober", "lines": lines}))
    told = replace(
        told,
        standing=tuple(replace(one, facts={**facts, **one.facts}) for one in told.standing),
    )
    sections = dict(telling.sections(told, []))
    words = " ".join(sections["Oppfølging"])
    assert "26 elever på 30 plasser, 4 ledige" in words
    assert "1 tilbud har under 5 elever" in words
    assert "et lukket antall elever på 45 plasser" in words
    for revealing in (f"{26 + small} elever", f"{small} elever", f"{15 - small} ledige"):
        assert f" {revealing}" not in words
