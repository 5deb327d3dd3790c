"""What would go, and why the rest stays: for any history, nothing that somebody needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keep_tools import RULES

from tasks import profiles
from tasks.errors import ConfigurationError
from tasks.journal import Entry
from tasks.landing import PROJECT, Blob, Outline
from tasks.retention import plan, rules
from tasks.retention.compared import profiles_of
from tasks.retention.evidence import BuiltNight, Evidence, StoredRun

START = date(2020, 1, 1)
REAL = rules.load(RULES.parent)
SHORT = REAL.model_copy(
    update={
        "landing": REAL.landing.model_copy(update={"every_night_days": 31, "month_end_years": 1}),
        "clock": REAL.clock.model_copy(update={"nights_in_a_row": 2}),
    }
)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def line(day: date, *blobs: str, extends: str | None = None) -> Outline:
    name = "+".join(filter(None, (extends, *blobs)))
    return Outline(name, day, tuple(Blob(sha) for sha in blobs), extends)


def night(day: date, held: dict[str, str] | None = None, **vintages: str) -> BuiltNight:
    at = noon(day)
    return BuiltNight(day, at, f"rules{day.year}", vintages, held or {})


def history(days: Sequence[date], blobs: Sequence[str]) -> Evidence:
    """One dataset: a night on each day that landed one blob and stood on it."""
    lines = [line(day, blob) for day, blob in zip(days, blobs, strict=True)]
    rule_files = [line(day, f"rules{day.year}") for day in days]
    nights = [night(one.as_of, a=one.snapshot) for one in lines]
    landed = {"a": tuple(lines), PROJECT: tuple(rule_files)}
    return Evidence(tuple(nights), landed, (), frozenset(), {}, sizes_of(landed))


def sizes_of(landed: dict[str, tuple[Outline, ...]]) -> dict[str, int]:
    return {part.sha256: 1 for lines in landed.values() for one in lines for part in one.parts}


def daily(number: int, step: int = 1) -> list[date]:
    return [START + timedelta(days=step * n) for n in range(number)]


def remaining(evidence: Evidence, made: plan.Plan) -> Evidence:
    return replace(evidence, sizes={s: n for s, n in evidence.sizes.items() if s not in made.sizes})


def left(evidence: Evidence, today: date) -> set[str]:
    made = plan.make(evidence, SHORT, today)
    return set(remaining(evidence, made).sizes)


def test_nights_thin_out_to_months_and_then_to_years() -> None:
    days = daily(1200)
    evidence = history(days, [f"b{n}" for n in range(len(days))])
    made = plan.make(evidence, SHORT, days[-1])
    kept = {one.as_of: one.because for one in made.kept if one.dataset == "a"}
    today = days[-1]  # 14 April 2023
    assert [d for d in kept if (today - d).days <= 31] == days[-32:]
    older = [d for d in kept if (today - d).days > 31]
    assert older == [
        date(2020, 12, 31),
        date(2021, 12, 31),
        *(date(2022, m, d) for m, d in [(4, 30), (5, 31), (6, 30), (7, 31), (8, 31), (9, 30)]),
        *(date(2022, m, d) for m, d in [(10, 31), (11, 30), (12, 31)]),
        date(2023, 1, 31),
        date(2023, 2, 28),
    ]
    assert kept[date(2021, 12, 31)] == "siste natt i året (2021)"
    assert kept[date(2023, 2, 28)] == "siste natt i måneden (02.2023)"
    assert kept[days[-2]] == "yngre enn 31 dager"
    assert len(made.going) == len(days) - len(kept)


def test_the_real_rules_keep_four_hundred_days_and_ten_years_of_months() -> None:
    kept = plan.kept_days(daily(366 * 14), REAL.landing, START + timedelta(days=366 * 14 - 1))
    reasons = [why.partition(" (")[0] for why in kept.values()]
    assert reasons.count("yngre enn 400 dager") == 401
    assert 100 <= reasons.count("siste natt i måneden") <= 109
    assert reasons.count("siste natt i året") == 4


gaps = st.lists(st.integers(1, 40), min_size=1, max_size=60)


@settings(deadline=None)
@given(gaps, st.data())
def test_whatever_the_history_what_is_needed_stays(steps: list[int], data: st.DataObject) -> None:
    days = [START]
    for step in steps:
        days.append(days[-1] + timedelta(days=step))
    blobs = data.draw(
        st.lists(st.integers(0, 8), min_size=len(days), max_size=len(days)).map(
            lambda found: [f"b{n}" for n in found]
        )
    )
    evidence = history(days, blobs)
    chosen = data.draw(st.lists(st.sampled_from(range(len(days))), max_size=3))
    stored = tuple(
        StoredRun(f"run{n}", noon(days[n]) + timedelta(hours=1), {"a": blobs[n]}) for n in chosen
    )
    released = frozenset(days[n] for n in data.draw(st.lists(st.sampled_from(range(len(days))))))
    evidence = replace(evidence, runs=stored, released=released)
    today = days[-1] + timedelta(days=data.draw(st.integers(0, 40)))
    made = plan.make(evidence, SHORT, today)

    gone = set(made.sizes)
    assert gone.isdisjoint(made.shared)
    assert blobs[-1] not in gone
    by_day = {d: {b, f"rules{d.year}"} for d, b in zip(days, blobs, strict=True)}
    for day in {*plan.kept_days(days, SHORT.landing, today), *released}:
        assert gone.isdisjoint(by_day[day]), "a night that is kept can be built again"
    for n in chosen:
        assert gone.isdisjoint(by_day[days[n]])
    # Once done there is nothing more to do, and what goes today would not be missed tomorrow.
    again = remaining(evidence, made)
    assert plan.make(again, SHORT, today).going == ()
    for later in (1, 17, 40):
        if (today - days[-1]).days + later <= 40:
            then = today + timedelta(days=later)
            assert left(evidence, then) == left(again, then)


def old_and_new(*extra: Outline, **changes: object) -> tuple[Evidence, date]:
    """A year of monthly landings in which `old` is past its time, and more of the dataset."""
    days = [date(2021, 6, 1), date(2021, 6, 20), date(2021, 7, 20), date(2021, 8, 20)]
    evidence = history(days, ["old", "june", "july", "august"])
    landed = {**evidence.landed, "a": (*extra, *evidence.landed["a"])}
    changed = replace(evidence, landed=landed, sizes=sizes_of(landed), **changes)  # type: ignore[arg-type]
    return changed, date(2021, 8, 25)


def gone(evidence: Evidence, today: date) -> set[str]:
    return set(plan.make(evidence, SHORT, today).sizes)


def because(evidence: Evidence, today: date) -> dict[str, str]:
    return {one.snapshot: one.because for one in plan.make(evidence, SHORT, today).kept}


def test_the_history_that_these_are_told_of_loses_its_old_landing() -> None:
    assert gone(*old_and_new()) == {"old"}


def test_what_a_stored_plan_refers_to_stays_with_the_rules_it_ran_under() -> None:
    days = [date(2021, 6, 1), date(2021, 6, 20), date(2021, 7, 20), date(2021, 8, 20)]
    evidence = history(days, ["old", "june", "july", "august"])
    files = (line(days[0], "first rules"), *evidence.landed[PROJECT][1:])
    nights = (replace(evidence.nights[0], project="first rules"), *evidence.nights[1:])
    landed = {**evidence.landed, PROJECT: files}
    evidence = replace(evidence, landed=landed, nights=nights, sizes=sizes_of(landed))
    today = date(2021, 8, 25)
    assert gone(evidence, today) == {"old", "first rules"}
    run = StoredRun("2027-28", noon(date(2021, 6, 2)), {"a": "old"})
    evidence = replace(evidence, runs=(run,))
    assert gone(evidence, today) == set()
    assert because(evidence, today)["old"] == "plankjøring 2027-28"
    assert because(evidence, today)["first rules"] == "plankjøring 2027-28"


def test_released_figures_keep_the_night_they_are_of() -> None:
    evidence, today = old_and_new(released=frozenset({date(2021, 6, 3)}))
    assert gone(evidence, today) == set()
    assert "frigitt" in because(evidence, today)["old"]


def test_what_is_held_back_without_a_verdict_stays_until_a_night_names_it_no_more() -> None:
    evidence, today = old_and_new(line(date(2021, 6, 2), "poison"))
    assert gone(evidence, today) == {"old", "poison"}
    held = replace(evidence.nights[-1], held={"a": "poison"})
    waiting = replace(evidence, nights=(*evidence.nights[:-1], held))
    assert "poison" not in gone(waiting, today)
    assert because(waiting, today)["poison"] == "holdes tilbake til noen har avgjort"


def test_the_last_good_stays_when_a_night_has_none() -> None:
    evidence, today = old_and_new()
    without = [replace(n, vintages={}) for n in evidence.nights[1:]]
    assert "old" not in gone(replace(evidence, nights=(evidence.nights[0], *without)), today)


def test_a_dataset_that_is_kept_whole_loses_nothing() -> None:
    evidence, today = old_and_new(whole={"a": "beholder alle årganger"})
    assert gone(evidence, today) == set()


def test_the_steps_of_a_log_that_later_ones_build_on_stay() -> None:
    days = [date(2021, 6, 1), date(2021, 6, 2), date(2021, 6, 3), date(2021, 8, 20)]
    first = line(days[0], "one")
    second = line(days[1], "two", extends=first.snapshot)
    other = line(days[2], "other branch", extends=first.snapshot)
    last = line(days[3], "three", extends=second.snapshot)
    evidence, today = old_and_new()
    landed = {**evidence.landed, "log": (first, second, other, last)}
    evidence = replace(evidence, landed=landed, sizes=sizes_of(landed))
    # The other branch is the last of June, and goes only when June does.
    assert gone(evidence, today) == {"old"}
    much_later = [night(today + timedelta(days=30 * n), a="august") for n in range(1, 30)]
    evidence = replace(evidence, nights=(*evidence.nights, *much_later))
    lost = gone(evidence, much_later[-1].as_of)
    assert "other branch" in lost
    assert lost.isdisjoint({"one", "two", "three"})
    assert because(evidence, much_later[-1].as_of)[first.snapshot].startswith("et senere steg")


def test_profiles_of_kept_nights_stay_and_those_they_were_held_against() -> None:
    days = [date(2021, 6, 1), date(2021, 6, 15), date(2021, 6, 20), date(2021, 6, 25)]
    days += [date(2021, 6, 30), date(2021, 7, 20), date(2021, 8, 20)]
    evidence = history(days, ["one", "two", "two", "three", "three", "four", "four"])
    nights = [replace(n, profile=f"profile {n.as_of:%m%d}") for n in evidence.nights]
    b = ["x", "y", "y", "y", "y", "y", "y"]
    nights = [replace(n, vintages={**n.vintages, "b": v}) for n, v in zip(nights, b, strict=True)]
    made = plan.make(replace(evidence, nights=tuple(nights)), SHORT, date(2021, 8, 25))
    # 30 June is the last of its month: of `a` it was held against 20 June, of `b` against 1 June,
    # and what people said against the night before.
    stay = {"0601", "0620", "0625", "0630", "0720", "0820"}
    assert made.profiles == {f"profile {day}" for day in stay}
    evidence = replace(evidence, nights=tuple(nights))
    run = StoredRun("2027-28", noon(date(2021, 6, 15)), nights[1].vintages)
    planned = plan.make(replace(evidence, runs=(run,)), SHORT, date(2021, 8, 25))
    assert planned.profiles - made.profiles == {"profile 0615"}
    released = replace(evidence, released=frozenset({date(2021, 6, 16)}))
    assert plan.make(released, SHORT, date(2021, 8, 25)).profiles == planned.profiles


@pytest.mark.parametrize("today", [date(2021, 6, 1), date(2031, 6, 1)])
def test_no_profile_goes_by_a_clock_that_cannot_be_believed(today: date) -> None:
    evidence = history(daily(100), ["same"] * 100)
    nights = tuple(replace(n, profile=f"{n.as_of}") for n in evidence.nights)
    evidence = replace(evidence, nights=nights)
    made = plan.make(evidence, SHORT, today)
    assert (made.going, len(made.profiles)) == ((), 100)
    believed = plan.make(evidence, SHORT, nights[-1].as_of + timedelta(days=1))
    assert len(believed.profiles) < 50


VINTAGES = st.fixed_dictionaries({name: st.sampled_from([None, "x", "y"]) for name in "ab"})


@given(st.lists(st.tuples(st.integers(0, 2), VINTAGES), min_size=1, max_size=12))
def test_what_a_night_is_held_against_is_among_the_profiles_it_needs(
    steps: list[tuple[int, dict[str, str | None]]],
) -> None:
    day, nights, entries = START, [], []
    for number, (later, stood) in enumerate(steps):
        day += timedelta(days=later)
        there = {name: snapshot for name, snapshot in stood.items() if snapshot}
        nights.append(replace(night(day, **there), profile=f"{number}"))
        chosen = {name: {"snapshot": snapshot} for name, snapshot in stood.items()}
        told = {"as_of": day.isoformat(), "vintages": chosen, "profiles": f"{number}"}
        entries.append(Entry(number, noon(day), "night.built", told, ""))
    for number, (one, entry) in enumerate(zip(nights, entries, strict=True)):
        kept = profiles_of(nights, [one])
        today = one.as_of.isoformat()
        past = profiles.past(e for e in entries[:number] if e.payload["as_of"] < today)
        stood = {name: v["snapshot"] for name, v in entry.payload["vintages"].items()}
        for table in ({}, stood, {"a": stood["a"]}, {"b": stood["b"]}):
            before = profiles.stood_before(past, table)
            assert before is None or before.profile in kept


def test_a_blob_that_is_shared_with_what_stays_is_not_taken() -> None:
    evidence, today = old_and_new(line(date(2021, 6, 2), "own", "august"))
    assert gone(evidence, today) == {"old", "own"}


@pytest.mark.parametrize(
    ("nights", "today", "named"),
    [
        ([*daily(500), date(2036, 1, 1)], date(2036, 1, 1), "1. januar 2036"),
        ([*daily(500), date(2036, 1, 1)], date(2036, 1, 2), "1. januar 2036"),
        (daily(500), date(2036, 1, 1), "1. januar 2036"),
        (daily(500), START + timedelta(days=540), "14. mai 2021"),
        ([*daily(500), date(2036, 1, 1)], START + timedelta(days=501), "1. januar 2036"),
        (daily(500), START + timedelta(days=480), "14. mai 2021"),
    ],
)
def test_a_clock_that_jumped_takes_nothing(nights: list[date], today: date, named: str) -> None:
    evidence = history(nights, [f"b{n}" for n in range(len(nights))])
    with pytest.raises(ConfigurationError, match="kontroller klokken") as refused:
        plan.make(evidence, REAL, today)
    assert named in str(refused.value)


def test_a_night_with_a_clock_in_doubt_takes_nothing_and_proves_nothing() -> None:
    evidence, today = old_and_new()
    doubted = replace(evidence.nights[-1], trusted=False)
    with pytest.raises(ConfigurationError, match="tvile på"):
        plan.make(replace(evidence, nights=(*evidence.nights, doubted)), SHORT, today)
    first, *others = evidence.nights
    only_one = [replace(night, trusted=False) for night in others[:-1]]
    with pytest.raises(ConfigurationError, match=r"1\. juni 2021"):
        plan.make(replace(evidence, nights=(first, *only_one, others[-1])), SHORT, today)


def test_where_nothing_would_go_nobody_asks_what_time_it_is() -> None:
    # A sample home that is looked at in spring and in autumn.
    few = history([START, START + timedelta(days=200)], ["one", "two"])
    assert plan.make(few, REAL, START + timedelta(days=500)).going == ()
    young = history(daily(40), ["same"] * 40)
    assert plan.make(young, REAL, START + timedelta(days=300)).going == ()


def test_after_a_jump_so_many_nights_in_a_row_are_believed_again() -> None:
    pause = [START + timedelta(days=365 + n) for n in range(31)]
    with pytest.raises(ConfigurationError):
        plan.check_clock([*daily(40), *pause[:29]], pause[29], REAL.clock)
    plan.check_clock([*daily(40), *pause[:30]], pause[30], REAL.clock)
    plan.check_clock([*daily(40), *pause[:30], pause[30]], pause[30], REAL.clock)


def test_a_journal_younger_than_its_landing_takes_nothing() -> None:
    days = daily(1200)
    evidence = history(days, [f"b{n}" for n in range(len(days))])
    young = replace(evidence, nights=evidence.nights[-29:])
    assert plan.make(young, REAL, days[-1]).going == ()
    assert plan.make(replace(evidence, nights=()), REAL, days[-1]).going == ()
    assert plan.make(replace(evidence, nights=evidence.nights[-30:]), REAL, days[-1]).going
