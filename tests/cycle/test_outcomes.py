"""Outcomes of decisions: what came held against what was decided and foreseen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_cycle import a_year, count

from tasks import clock, track_record, warehouse
from tasks.cycle import acting, balance, outcomes, standing
from tasks.cycle.acting import Actor
from tasks.cycle.outcomes import IN_PART, PLACED, PUPILS, DecisionOutcome
from tasks.journal import Entry, Journal
from tasks.settings import Rooms, Settings

DAY = date(2027, 10, 5)


def entries(told: list[tuple[str, dict[str, Any]]]) -> list[Entry]:
    at = datetime(2027, 12, 1, tzinfo=UTC)
    return [Entry(1, at, kind, payload, "") for kind, payload in told]


def came(*counts: dict[str, Any]) -> list[DecisionOutcome]:
    return outcomes.of_journal(entries(a_year(*counts)))


def test_a_count_is_held_to_what_was_decided_adjusted_and_foreseen() -> None:
    frozen = {
        "id": "118-27-ab", "case": "118/27", "run": "2027-28-x", "decided_on": "2026-12-14",
        "as_of": "2026-11-27", "by": "", "note": "", "school_year": "2027/28", "night": "n",
        "project": "p", "vintages": {}, "seal": "s",
    }  # fmt: skip
    told = [*a_year(count(melhus=40, roros=8)), ("decision.frozen", frozen)]
    (one,) = outcomes.of_journal(entries(told))
    assert (one.cycle, one.case_number, one.decision) == ("2027/28", "118/27", "118-27-ab")
    assert (one.programme_code, one.level, one.region_code) == ("HS", "1", "sør")
    assert (one.classes_decided, one.places_decided, one.places_adjusted) == (4.0, 60, 53)
    # 40 to 60 needed, 5 of them in private places.
    assert (one.outcome, one.forecast_p10, one.forecast_mean, one.forecast_p90) == (48, 35, 45, 55)
    assert (one.inside, one.reason) == (True, None)
    (other,) = came(count(melhus=50, roros=8))
    assert (other.outcome, other.inside) == (58, False)
    assert other.decision is None, "nobody has frozen it"


def test_a_part_of_the_offers_says_nothing_of_the_forecast() -> None:
    (one,) = came(count(melhus=40))
    assert (one.places_decided, one.outcome, one.inside, one.reason) == (45, 40, None, IN_PART)


def test_a_corrected_count_replaces_the_first() -> None:
    (one,) = came(count(melhus=40, roros=8), count(melhus=41, roros=8))
    assert one.outcome == 49


def test_before_a_decision_there_is_no_outcome() -> None:
    assert outcomes.of_journal(entries(a_year()[:11])) == []
    assert came() == []


@pytest.mark.parametrize(("percent", "inside"), [(78.9, False), (79.0, True), (81.5, True)])
def test_placement_in_december_is_held_to_what_the_run_drew_from(
    percent: float, inside: bool
) -> None:
    (one,) = came(count("31. desember", percent))
    assert (one.measure, one.outcome, one.inside) == (PLACED, percent, inside)
    assert (one.forecast_p10, one.forecast_p90) == (79.0, 81.5)
    (early,) = came(count("1. oktober", percent))
    assert early.inside is None
    assert early.reason == "prognosen gjelder 31. desember"


@given(st.integers(0, 60), st.integers(0, 60))
def test_nothing_that_a_reader_sees_tells_of_under_five(melhus: int, roros: int) -> None:
    (one,) = came(count(melhus=melhus, roros=roros))
    if any(map(balance.closed, (melhus, roros))):
        assert (one.outcome, one.inside) == (None, None)
        assert (summary := outcomes.summaries([one])[0]).pupils == 0
        assert "elever på" not in outcomes.told(summary)
    else:
        assert one.outcome == melhus + roros


def test_a_summary_says_how_it_went() -> None:
    found = outcomes.summaries(
        came(count(melhus=50, roros=8), count("31. desember", 80.25), count("1. oktober", melhus=5))
    )
    assert [one.counted for one in found] == ["1. oktober", "31. desember"]
    (first, last) = (outcomes.told(one) for one in found)
    assert first == "Vedtaket for 2027/28, sak 118/27, 1. oktober: 5 elever på 45 vedtatte plasser."
    assert "80,2 prosent formidlet (prognosen trakk fra 79,0 til 81,5)" in last


def test_the_night_after_writes_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rooms = Rooms(tmp_path)
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 10, 5, 12, tzinfo=UTC))
    for kind, payload in a_year(count(melhus=40, roros=8)):
        Journal(rooms.journal).append(kind, payload)
    with warehouse.in_memory() as con:
        con.execute("create schema audit")
        track_record.write(con, rooms, DAY)
        table = f"from {track_record.DECISION_TABLE}"
        assert con.execute(f"select count(*) {table}").fetchall() == [(0,)], "entered that day"
        track_record.write(con, rooms, DAY + timedelta(days=1))
        told = warehouse.frame(con, table)
    assert told.equals(outcomes.frame(outcomes.of_journal(Journal(rooms.journal).entries())))
    assert told.columns == list(DecisionOutcome.__dataclass_fields__)
    assert told.row(0, named=True)["outcome"] == 48.0
    assert set(told["measure"]) == {PUPILS}


def test_a_cycle_s_knowledge_base_has_the_outcomes_of_those_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path, profile="demo")
    journal = Journal(settings.rooms.journal)
    monkeypatch.setattr(clock, "now", lambda: datetime(2028, 2, 5, 12, tzinfo=UTC))
    for kind, payload in a_year(count(melhus=40, roros=8)):
        journal.append(kind, payload)
    vintages = {"ssb_population": {"snapshot": "abc", "as_of": "2028-02-01"}}
    journal.append("night.built", {"night": "n", "as_of": "2028-02-01", "vintages": vintages})
    acting.start(settings, "2028/29", Actor("Seksjonen"))
    acting.act(settings, "2028/29", {"type": "frys"}, Actor("Statistikk"))
    (found,) = [o for o in standing.all_of(settings) if o.state.cycle.id == "2028/29"]
    known = dict(found.sections())["Kunnskapsgrunnlag"]
    (line,) = [text for text in known if text.startswith("Vedtaket for")]
    assert "2027/28, sak 118/27, 1. oktober: 48 elever på 60 vedtatte plasser" in line
    assert "1 av 1 program, nivåer og regioner innenfor" in line
