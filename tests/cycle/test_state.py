"""Laws of the cycle's state: whatever the journal holds, a stage is entered only from the last."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.cycle import acts, state
from tasks.cycle.stages import DONE, STAGES, cycle
from tasks.errors import WrongUse
from tasks.journal import Entry
from tasks.place_rules import read_place_rules
from tasks.settings import Project

CYCLE = "2027/28"
AT = datetime(2028, 3, 1, 12, tzinfo=UTC)
SETTING = {
    "school": "874558362",
    "area": "HSHSF1----",
    "level": 1,
    "classes": 2.5,
    "reason": "Behovet øker",
}
# One of every kind, as people may enter them.
SAID: dict[str, dict[str, Any]] = {
    "frys": {},
    "frigi": {"base": 2026},
    "pakker": {"channels": ["forum"]},
    "innspill": {"channel": "forum", "sender": "Forum Fosen", "text": "Flere plasser"},
    "prioriter": {"needs": ["helse"], "goals": ["udekket behov"], "reason": "Behovet"},
    "prognose": {"run": "2027-28-x"},
    "skoleuttalelse": {"school": "Melhus", "text": "Enig"},
    "overstyr": {"setting": SETTING},
    "nemnd": {"text": "Enig"},
    "vedtak": {"outcome": "godkjent", "case_number": "118/26"},
    "søkere": {"lines": []},
    "juster": {"lines": []},
    "telling": {"when": "1. oktober"},
    "kriterier": {
        "case_number": "40/26",
        "text": "Helse først",
        "frame": 1_000_000,
        "on_site": 95_000,
        "online": 66_000,
        "reserve_percent": 5,
        "minimum_start": 15,
    },
    "tilskuddssøknad": {
        "offer": "velferdsteknologi",
        "college": "Fagskolen",
        "places": 10,
        "mode": "stedbasert",
        "accredited": True,
    },
    "tildel": {"case_number": "90/26", "lines": [{"offer": "velferdsteknologi", "places": 5}]},
    "avslutt": {},
    "tilbake": {"to": "innspill", "reason": "Nytt møte"},
}
# The way through: what each stage must have, and what closes it.
WAY = [
    *("frys", "frigi", "avslutt", "pakker", "avslutt", "prioriter", "avslutt", "prognose", "nemnd"),
    *("avslutt", "vedtak", "søkere", "juster", "avslutt"),
]


def started(name: str = CYCLE) -> Entry:
    payload = {"format": 1, "cycle": name, "on": "2026-02-01", "by": "Seksjonen"}
    return Entry(1, AT, state.STARTED, payload, "")


def record(
    kind: str, stage: str, token: object, name: str = CYCLE, on: str = "2026-09-01", **more: Any
) -> Entry:
    said = {
        "format": 1,
        "cycle": name,
        "token": str(token),
        "stage": stage,
        "act": {"type": kind, **SAID[kind], **more},
        "by": "Seksjonen",
        "user": None,
        "on": on,
        "facts": {},
    }
    return Entry(1, AT, state.DONE_ACT, said, "")


def played(*kinds: str | tuple[str, dict[str, Any]], name: str = CYCLE) -> list[Entry]:
    """Acts one after the other, each in the stage that the cycle is in."""
    entries = [started(name)]
    for number, one in enumerate(kinds):
        kind, more = one if isinstance(one, tuple) else (one, {})
        entries.append(record(kind, stands(entries, name).stage, number, name, **more))
    return entries


def stands(entries: list[Entry], name: str = CYCLE) -> state.State:
    found = state.read(entries, name)
    assert found is not None
    return found


def whole() -> list[Entry]:
    counts = [("telling", {"when": when}) for when in ("1. oktober", "31. desember")]
    return played(*WAY, *counts, "avslutt")


def test_the_whole_way() -> None:
    found = stands(whole())
    assert found.over
    assert found.strays == ()
    assert [move.target for move in found.moves] == [*STAGES["videregående"][1:], DONE]


@pytest.mark.parametrize("left_out", range(len(WAY)))
def test_nothing_that_is_required_can_be_left_out(left_out: int) -> None:
    way = [kind for number, kind in enumerate(WAY) if number != left_out]
    counts = [("telling", {"when": when}) for when in ("1. oktober", "31. desember")]
    found = stands(played(*way, *counts, "avslutt"))
    assert not found.over
    assert found.strays


names = st.sampled_from([*SAID])
stages = st.sampled_from([*STAGES["videregående"], *STAGES["fagskole"], "ukjent"])


@st.composite
def journals(draw: st.DrawFn, name: str = CYCLE) -> list[Entry]:
    """Any records: those that fit where the cycle stands, others, damaged ones, repeated ones."""
    entries = [started(name)] if draw(st.integers(0, 9)) else []
    for number in range(draw(st.integers(0, 40))):
        kind = draw(names)
        now = state.read(entries, name)
        stage = now.stage if now and draw(st.integers(0, 4)) else draw(stages)
        token = number if draw(st.integers(0, 6)) else 0
        more: dict[str, Any] = {}
        if kind == "tilbake":
            more = {"to": draw(stages)}
        if kind == "vedtak" and draw(st.booleans()):
            more = {"outcome": "sendt tilbake", "reason": "Mer om reisetid"}
        entry = record(kind, stage, token, name, **more)
        if not draw(st.integers(0, 9)):
            broken = draw(st.sampled_from(["act", "by", "on", "token", "stage", "format"]))
            entry.payload[broken] = draw(st.sampled_from([None, "x", 99, {}, []]))
        entries.append(entry)
        if now and draw(st.booleans()):  # so that some get far
            wanted = {**dict.fromkeys(STAGES["videregående"], "avslutt"), "vedtak": "vedtak"}
            need = [k for k in WAY if (now.stage,) == acts.BY_NAME[k].STAGES]
            chosen = draw(st.sampled_from([*need, wanted.get(now.stage, "avslutt")]))
            entries.append(record(chosen, now.stage, f"n{number}", name))
    return entries


@given(journals())
def test_any_records_give_a_state_that_skipped_no_stage(entries: list[Entry]) -> None:
    found = state.read(entries, CYCLE)
    if found is None:
        return
    order = [*STAGES["videregående"], DONE]
    now = 0
    for move in found.moves:
        assert order.index(move.source) == now
        target = order.index(move.target)
        assert target == now + 1 if not move.back else target < now
        now = target
    assert found.stage == order[now]
    # What stands is allowed where it stands, and whatever was entered is somewhere.
    for one in found.standing:
        kinds = type(one.act).STAGES
        assert not kinds or one.stage in kinds
        # Inputs stand when the cycle goes back past the stage that they came in.
        assert order.index(one.stage) <= now or isinstance(one.act, acts.Input)
    records = [e for e in entries if e.kind == state.DONE_ACT]
    begun = records if found.number == len(records) else records[-found.number :]
    kept = len(found.standing) + len(found.set_aside) + len(found.strays)
    assert found.number == len(begun) == kept
    # Every stage that was left forwards had what it requires: it stands, or was set aside later.
    had = {type(one.act) for one in (*found.standing, *found.set_aside)}
    for move in found.moves:
        if not move.back:
            assert {kind for kind, _ in state.REQUIRED.get(move.source, ())} <= had


@given(journals())
def test_a_state_is_of_the_records_before_it(entries: list[Entry]) -> None:
    """Replaying grows by what is appended: no later record changes what an earlier one did."""
    whole_way = state.read(entries, CYCLE)
    for end in range(len(entries)):
        part = state.read(entries[:end], CYCLE)
        if part is None or whole_way is None:
            continue
        assert whole_way.moves[: len(part.moves)] == part.moves
        assert whole_way.strays[: len(part.strays)] == part.strays
        assert part.tokens <= whole_way.tokens


@given(journals(), journals("2028/29"))
def test_two_cycles_know_nothing_of_each_other(one: list[Entry], other: list[Entry]) -> None:
    mixed = [entry for pair in zip(one, other, strict=False) for entry in pair]
    mixed += one[len(other) :] + other[len(one) :]
    assert state.read(mixed, CYCLE) == state.read(one, CYCLE)
    assert state.read(mixed, "2028/29") == state.read(other, "2028/29")


def test_the_same_act_sent_again_is_done_once() -> None:
    entries = played("frys")
    again = stands([*entries, entries[-1]])
    assert len(again.standing) == 1
    assert again.strays[0].why == "den er ført før"


def test_going_back_sets_aside_and_keeps_inputs() -> None:
    entries = played(*WAY[:7], "innspill", ("tilbake", {"to": "innspill"}))
    found = stands(entries)
    assert found.stage == "innspill"
    assert [acts.name(type(one.act)) for one in found.standing] == [
        *("frys", "frigi", "avslutt", "innspill"),
    ]
    assert {acts.name(type(one.act)) for one in found.set_aside} >= {"pakker", "prioriter"}
    assert found.moves[-1].why == "Nytt møte"
    # Everything must be done anew.
    assert stands([*entries, record("avslutt", "innspill", "x")]).stage == "innspill"


def test_a_case_that_is_sent_back_is_proposed_anew() -> None:
    sent_back = ("vedtak", {"outcome": "sendt tilbake", "reason": "Mer om reisetid"})
    found = stands(played(*WAY[:10], sent_back))
    assert found.stage == "forslag"
    assert "sak 118/26" in found.moves[-1].why
    assert found.last(acts.Propose) is None
    assert state.missing(found)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("tilbake", {"to": "vedtak"}),
        ("tilbake", {"to": "kunnskapsgrunnlag"}),
        ("tilbake", {"to": "kriterier"}),
        ("vedtak", {}),
        ("frigi", {}),
    ],
)
def test_what_does_not_belong_has_no_effect(kind: str, more: dict[str, Any]) -> None:
    found = stands(played((kind, more)))
    assert found.stage == "kunnskapsgrunnlag"
    assert len(found.strays) == 1


def test_a_day_to_come_has_no_effect() -> None:
    entry = record("frys", "kunnskapsgrunnlag", 1, on="2028-03-02")
    assert "ikke har vært" in stands([started(), entry]).strays[0].why


def test_a_record_of_a_later_format_is_shown_and_has_no_effect() -> None:
    entry = record("frys", "kunnskapsgrunnlag", 1)
    entry.payload["format"] = state.FORMAT + 1
    assert "format 2" in stands([started(), entry]).strays[0].why


def test_as_it_stood_on_a_day() -> None:
    entries = played("frys", ("frigi", {}))
    entries[-1].payload["on"] = "2026-10-01"
    found = state.read(entries, CYCLE, date(2026, 9, 30))
    assert found is not None
    assert found.last(acts.Freeze)
    assert found.last(acts.Release) is None
    assert state.read(entries, CYCLE, date(2026, 1, 31)) is None


def test_an_early_close_waits_for_the_channels() -> None:
    entries = played(*WAY[:4])
    close = record("avslutt", "innspill", "c")
    close.payload["facts"] = {"open": ["forum"]}
    assert stands([*entries, close]).stage == "innspill"
    close.payload["facts"] = {"open": []}
    assert stands([*entries, close]).stage == "prioritering"


# Vocational colleges ------------------------------------------------------------------------


def grants(*kinds: str | tuple[str, dict[str, Any]]) -> state.State:
    return stands(played(*kinds, name="fagskole-2027"), "fagskole-2027")


def test_colleges_have_a_clock_of_their_own() -> None:
    way = ("kriterier", "avslutt", "tilskuddssøknad", "avslutt", "tildel", "avslutt")
    found = grants(*way)
    assert found.over
    assert found.cycle.track == "fagskole"


@pytest.mark.parametrize(
    ("more", "line", "why"),
    [
        ({"accredited": False}, {"places": 5}, "ikke akkreditert"),
        ({}, {"places": 5, "offer": "annet"}, "ingen har søkt"),
        ({}, {"places": 10.1}, "over rammen"),
        ({"mode": "nettbasert"}, {"places": 14.5}, "over rammen"),
    ],
)
def test_grants_are_held_to_accreditation_application_and_frame(
    more: dict[str, Any], line: dict[str, Any], why: str
) -> None:
    lines = [{"offer": "velferdsteknologi", **line}]
    way = ("kriterier", "avslutt", ("tilskuddssøknad", more), "avslutt")
    found = grants(*way, ("tildel", {"lines": lines}))
    assert why in found.strays[-1].why
    assert found.last(acts.Grant) is None


def test_grants_cost_what_the_rates_say() -> None:
    lines = [{"offer": "velferdsteknologi", "places": 10}]
    found = grants(
        "kriterier", "avslutt", "tilskuddssøknad", "avslutt", ("tildel", {"lines": lines})
    )
    ((act, _),) = found.all(acts.Grant)
    assert state.granted_cost(found, act) == 950_000
    assert state.available(found) == pytest.approx(950_000)


# Acts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "more", "why"),
    [
        ("prioriter", {"goals": ["førstevalg", "udekket behov"]}, "§ 5-3"),
        ("prioriter", {"goals": ["førstevalg"]}, "§ 5-3"),
        ("prioriter", {"needs": ["helse", "helse"]}, "to ganger"),
        ("vedtak", {"outcome": "godkjent med endringer"}, "endringer mangler"),
        ("vedtak", {"amendments": [SETTING]}, "ingen endringer"),
        ("vedtak", {"outcome": "sendt tilbake"}, "begrunnelse mangler"),
        ("vedtak", {"case_number": " "}, "case_number"),
        ("overstyr", {"setting": {**SETTING, "classes": 1.3}}, "0.5"),
        ("overstyr", {"setting": {**SETTING, "reason": ""}}, "reason"),
        ("innspill", {"channel": "brev"}, "channel"),
        ("avslutt", {"noe": 1}, "noe"),
    ],
)
def test_an_act_is_held_to_its_rules(kind: str, more: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        acts.READER.validate_python({"type": kind, **SAID[kind], **more})


def test_first_choices_may_go_first_with_a_reason() -> None:
    more = {"goals": ["førstevalg", "udekket behov"], "first_choice_reason": "Små kull"}
    assert acts.READER.validate_python({"type": "prioriter", **SAID["prioriter"], **more})


def test_goals_are_those_of_the_plan_in_classes() -> None:
    declared = read_place_rules(Project().reference).rules
    assert {goal.id for goal in declared.goal} == set(acts.GOALS.values())
    said = acts.Prioritise.model_json_schema()["properties"]["goals"]["items"]["enum"]
    assert said == list(acts.GOALS)


@pytest.mark.parametrize("kind", acts.EVERY, ids=acts.name)
def test_every_field_has_a_norwegian_title_and_help(kind: type[acts.Act]) -> None:
    schema = kind.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    for part in parts:
        assert "description" not in part  # the docstring, which is English
        for name, field in part["properties"].items():
            assert field.get("title"), name
            # The library's own title is the field's name; these are the same in both languages.
            own = field["title"] == name.replace("_", " ").title()
            assert not own or name in {"plan", "region"}, name
            assert len(field["description"]) > 4, name
    assert kind.model_config["title"]


@pytest.mark.parametrize("name", ["2027-28", "2027/29", "fagskole-27", "2027", ""])
def test_what_is_no_cycle_is_refused(name: str) -> None:
    with pytest.raises(WrongUse):
        cycle(name)
