"""What acts look up in the published night of the sample."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tasks import warehouse
from tasks.cycle import acts, balance, evidence
from tasks.cycle.stages import cycle
from tasks.cycle.state import Record, State
from tasks.errors import NotFound
from tasks.forecast import balance as balance_of_run
from tasks.settings import Project, Rooms, Settings

TODAY = date(2026, 11, 27)


def state(year: str, stage: str = "oppfølging") -> State:
    return State(cycle(year), stage, TODAY)


def facts_of(act: acts.Act, found: State, rooms: Rooms) -> dict[str, Any]:
    settings = Settings(home=rooms.home, profile="demo")
    return evidence.facts(act, found, settings, Project(), [], [], TODAY)


def looked_up(rooms: Rooms, act: acts.Act, found: State) -> State:
    """The state with an act and what was looked up for it."""
    facts = facts_of(act, found, rooms)
    at = datetime(2026, 11, 27, tzinfo=UTC)
    record = Record(1, act, "X", None, TODAY, at, "t", found.stage, facts)
    return replace(found, standing=(*found.standing, record))


@pytest.mark.parametrize(
    ("act", "table", "column"),
    [
        (
            acts.Count(type="telling", when="1. oktober"),
            "mart.pupils_by_school_programme_area",
            "pupils",
        ),
        (acts.Applications(type="søkere"), "mart.intake_by_school_programme_area", "first_choices"),
    ],
)
def test_figures_are_those_of_the_year_at_the_county_s_schools(
    night_home: Path, act: acts.Act, table: str, column: str
) -> None:
    rooms = Rooms(night_home)
    found = looked_up(rooms, act, state("2025/26"))
    told = balance.applicants(found) or balance.counted(found, "1. oktober")
    sql = f"select sum({column}) from {table} where owner = 'county' and school_year_start = 2025"
    with warehouse.connect_published(rooms) as con:
        ((total,),) = con.execute(sql).fetchall()
        ((schools,),) = con.execute(
            sql.replace(f"sum({column})", "count(distinct school)")
        ).fetchall()
    assert sum(told.values()) == total > 10_000
    assert len({school for school, _, _ in told}) == schools


def test_an_offer_that_was_changed_counts_once_with_its_newest_row(night_home: Path) -> None:
    rooms, on = Rooms(night_home), date(2027, 10, 1)
    with warehouse.connect_published(rooms) as con:
        places = con.sql("from mart.places_by_school_programme_area").pl()
    counted = balance_of_run.valid_places(places, on).filter(owner="county")
    assert counted["classes"].sum() < places.filter(owner="county")["classes"].sum()
    found = evidence.offered(rooms, on)
    assert sum(found["classes"]) == counted["classes"].sum()
    assert sum(found["places"]) == counted["places"].sum()


def test_figures_that_have_not_come_are_said_to_be_missing(night_home: Path) -> None:
    act = acts.Count(type="telling", when="1. oktober")
    with pytest.raises(NotFound, match="kjør natten når tallene er kommet"):
        looked_up(Rooms(night_home), act, state("2098/99"))


def test_placement_on_31_december_needs_no_pupils(night_home: Path) -> None:
    act = acts.Count(type="telling", when="31. desember", placed_percent=79.5)
    assert facts_of(act, state("2098/99"), Rooms(night_home)) == {}


def test_the_night_is_frozen_with_its_suites(night_home: Path) -> None:
    rooms = Rooms(night_home)
    act = acts.Freeze(type="frys", night=date(2099, 1, 1))
    facts = facts_of(act, state("2027/28", "kunnskapsgrunnlag"), rooms)
    with warehouse.connect_published(rooms) as con:
        sql = "select count(*), count(*) filter (not success) from audit.validation"
        ((tried, broken),) = con.execute(sql).fetchall()
    assert facts["suites"]["tried"] >= tried
    assert facts["suites"]["block"] + facts["suites"]["warn"] >= broken
    assert facts["datasets"] > 80
    assert len(facts["vintages_sha256"]) == 64
