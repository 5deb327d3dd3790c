"""A vintage is held against the one before it, also when a past night is built again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from store_tools import RunNight, Source, write

from tasks import night, profiles, warehouse
from tasks.journal import Journal
from tasks.quality.kinds import expand, read_kinds
from tasks.settings import CHECKOUT, Project, Settings

MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18)
KINDS = read_kinds(Project().expectations, [])
SCHOOLS = "ABCDEFGH"
SQL = """-- staging.places
-- Grain: one row per school × year
-- Key: organisation_number, year
-- Unit: places
-- Sources: raw.places
SELECT
    school AS organisation_number,
    "year"::INTEGER AS year,
    places::INTEGER AS places
FROM raw.places
"""
SUITE = """
table: staging.places
expectations:
  - type: drift_from_previous_vintage
    severity: warn
    reason: Tallene har flyttet seg.
    owner: inntak
    origin: test
  - type: no_less_than_previous_vintage
    severity: block
    reason: Rader er borte.
    owner: inntak
    origin: test
  - type: same_schema_as_previous_vintage
    arguments: {dataset: places}
    severity: block
    reason: En kolonne er borte.
    owner: inntak
    origin: test
  - type: same_metadata_as_previous_vintage
    arguments: {dataset: places}
    severity: warn
    reason: Kilden sier noe nytt.
    owner: inntak
    origin: test
"""


def served(figures: dict[tuple[str, int], int], header: str = "school;year;places") -> bytes:
    rows = [f"{school};{year};{places}" for (school, year), places in figures.items()]
    return "\n".join([header, *rows, ""]).encode()


def figures(last: int = 2025) -> dict[tuple[str, int], int]:
    """Eight schools that move some per cent a year, each in its own way."""
    return {
        (school, year): 100 + 10 * n + (year - 2018) * 2 + (n * year) % 5
        for n, school in enumerate(SCHOOLS)
        for year in range(2018, last + 1)
    }


@pytest.fixture
def by_year(project: Project, source: Source) -> Project:
    write(project.sql / "staging" / "places.sql", SQL)
    (project.sql / "marts" / "coverage.sql").unlink()
    catalogue = project.catalogue / "county.toml"
    text = catalogue.read_text(encoding="utf-8")
    write(catalogue, text.replace('["school", "places"]', '["school", "year", "places"]'))
    for kind in (CHECKOUT / "expectations" / "kinds").glob("*.sql"):
        write(project.expectations / "kinds" / kind.name, kind.read_text(encoding="utf-8"))
    write(project.expectations / "staging" / "places.yaml", SUITE)
    rules = CHECKOUT / "data" / "reference" / "profile.toml"
    write(project.reference / "profile.toml", rules.read_text(encoding="utf-8"))
    source.files["places.csv"] = served(figures(2024))
    return project


def failed(rooms_file: Path) -> list[str]:
    with warehouse.connect_read_only(rooms_file) as con:
        found = con.execute(
            "select expectation from audit.validation where not success order by 1"
        ).fetchall()
    return [kind for (kind,) in found]


def test_a_vintage_is_held_against_the_one_before_it(
    by_year: Project, source: Source, run_night: RunNight, settings: Settings
) -> None:
    run_night(MONDAY)
    assert failed(settings.rooms.warehouse) == []  # nothing to be held against

    source.files["places.csv"] = served(figures() | {("C", 2025): 2 * figures()["C", 2025]})
    run_night(TUESDAY)
    assert failed(settings.rooms.warehouse) == ["drift_from_previous_vintage"]
    # As long as the vintage stands, it is held against the one that was before it.
    run_night(WEDNESDAY)
    assert failed(settings.rooms.warehouse) == ["drift_from_previous_vintage"]
    with warehouse.connect_published(settings.rooms) as con:
        shown = con.execute("select unexpected from audit.validation where not success").fetchall()
    (row,) = json.loads(shown[0][0])
    assert (row["area"], row["period"], row["measure"]) == ("C", "2025", "places")

    source.files["places.csv"] = served(figures())
    run_night(date(2026, 11, 19))
    assert failed(settings.rooms.warehouse) == ["drift_from_previous_vintage"]  # back again
    source.files["places.csv"] = served(figures() | {("C", 2025): figures()["C", 2025] + 1})
    run_night(date(2026, 11, 20))
    assert failed(settings.rooms.warehouse) == []


@pytest.mark.parametrize(
    ("places", "stopped"),
    [
        (lambda _n, _was: 0, True),
        (lambda _n, was: 3 * was, True),
        (lambda n, was: was if n % 64 < 48 else 3 * was, False),
    ],
    ids=["nothing but zero", "all others", "some corrected"],
)
def test_a_vintage_whose_figures_have_gone_or_are_others_is_blocked(
    places: Callable[[int, int], int],
    stopped: bool,
    by_year: Project,
    source: Source,
    run_night: RunNight,
) -> None:
    run_night(MONDAY)
    others = {key: places(n, was) for n, (key, was) in enumerate(figures().items())}
    source.files["places.csv"] = served(others)
    outcome = run_night(TUESDAY)
    blocked = {v.dataset: v.reason for v in outcome.vintages if v.kind == "block"}
    assert ("Rader er borte." in blocked.get("places", "")) == stopped


def test_a_vintage_that_has_lost_its_newest_year_is_blocked(
    by_year: Project, source: Source, run_night: RunNight
) -> None:
    run_night(MONDAY)
    good = source.files["places.csv"]
    source.files["places.csv"] = served(figures(2023))
    outcome = run_night(TUESDAY)
    (places,) = [v for v in outcome.vintages if v.dataset == "places"]
    assert places.kind == "block"
    assert "Rader er borte." in str(places.reason)
    source.files["places.csv"] = good
    assert all(v.kind is None for v in run_night(WEDNESDAY).vintages)


def test_a_column_that_the_source_no_longer_has_is_blocked_and_a_new_one_told(
    by_year: Project, source: Source, run_night: RunNight, settings: Settings
) -> None:
    run_night(MONDAY)
    write(by_year.expectations / "staging" / "places.yaml", SUITE)
    rows = source.files["places.csv"].decode().splitlines()
    source.files["places.csv"] = "\n".join(
        [f"{rows[0]};ny", *(f"{r};1" for r in rows[1:])]
    ).encode()
    catalogue = by_year.catalogue / "county.toml"
    text = catalogue.read_text(encoding="utf-8")
    write(catalogue, text.replace('"year", "places"]', '"year", "places", "ny"]'))
    run_night(TUESDAY)
    assert failed(settings.rooms.warehouse) == ["same_metadata_as_previous_vintage"]


def test_of_two_nights_on_a_date_the_next_is_held_against_none_but_the_last(
    by_year: Project, source: Source, run_night: RunNight, settings: Settings
) -> None:
    run_night(MONDAY)
    source.files["places.csv"] = served(figures() | {("C", 2025): 2 * figures()["C", 2025]})
    run_night(TUESDAY)
    assert failed(settings.rooms.warehouse) == ["drift_from_previous_vintage"]
    source.files["places.csv"] = served(figures())
    run_night(TUESDAY)
    assert failed(settings.rooms.warehouse) == []  # held against Monday, as the first
    run_night(WEDNESDAY)
    assert failed(settings.rooms.warehouse) == []  # and so is the day after
    assert failed(night.rebuild(settings, WEDNESDAY)) == []


@pytest.mark.parametrize("lost", ["", "gone", "torn"])
def test_a_rebuilt_night_is_held_against_the_same(
    by_year: Project, source: Source, run_night: RunNight, settings: Settings, lost: str
) -> None:
    run_night(MONDAY)
    source.files["places.csv"] = served(figures() | {("C", 2025): 900})
    run_night(TUESDAY)
    source.files["places.csv"] = served(figures())
    run_night(WEDNESDAY)
    for file in settings.rooms.profiles.iterdir():
        if lost == "gone":
            file.unlink()
        if lost == "torn":
            file.write_bytes(file.read_bytes()[:-20])
    assert failed(night.rebuild(settings, TUESDAY)) == ["drift_from_previous_vintage"]
    assert failed(night.rebuild(settings, MONDAY)) == []
    if lost:
        (monday, *_) = Journal(settings.rooms.journal).entries("night.built")
        kept = profiles.read(monday.payload["profiles"], settings.rooms.profiles)
        assert kept is not None


def test_what_is_closed_is_profiled_and_never_published(
    by_year: Project, run_night: RunNight, settings: Settings
) -> None:
    run_night(MONDAY)
    with warehouse.connect_internal(settings.rooms) as con:
        names = {n for (n,) in con.execute("select table_name from raw.profile").fetchall()}
    assert {"staging.places", "restricted.pupils", "raw.places"} <= names
    with warehouse.connect_published(settings.rooms) as con:
        assert not [name for name in warehouse.tables(con) if "profile" in name]


def scores(
    before: dict[tuple[str, int], float], now: dict[tuple[str, int], float], **given: object
) -> list[tuple[str, str, str]]:
    """What drifted between two vintages: measure, period, area."""
    problems: list[str] = []
    query = expand(KINDS["drift_from_previous_vintage"], "staging.x", given, problems)
    assert problems == []
    with duckdb.connect() as con:
        con.execute("create schema raw; create schema staging")
        profiles.begin(con)
        rules = profiles.rules(CHECKOUT / "data" / "reference")
        for vintage in (before, now):
            rows = [(school, year, value) for (school, year), value in vintage.items()]
            frame = pl.DataFrame(rows, schema=["area_code", "year", "figure"], orient="row")
            warehouse.load_frame(con, "staging.x", frame.cast({"figure": pl.Float64}))
            if vintage is now:
                con.execute("insert into raw.profile_before from raw.profile")
            table = profiles.Table("staging.x", "", "", ("area_code", "year"), "", ())
            profiles.of_table(con, table, rules)
        found = con.execute(query).fetchall()
    return [(measure, period, area) for measure, period, area, *_ in found]


VINTAGES = st.fixed_dictionaries(
    {
        (school, year): st.floats(100, 1000).map(lambda x: round(x, 1))
        for school in SCHOOLS
        for year in range(2019, 2025)
    }
)
FEW = examples(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


@FEW
@given(VINTAGES)
def test_an_unchanged_vintage_passes(vintage: dict[tuple[str, int], float]) -> None:
    assert scores(vintage, vintage) == []


@FEW
@given(VINTAGES, st.sampled_from(SCHOOLS), st.sampled_from([2.0, 0.4]))
def test_one_area_that_doubles_or_halves_is_found(
    vintage: dict[tuple[str, int], float], school: str, times: float
) -> None:
    changed = vintage | {(school, 2024): times * vintage[school, 2024]}
    assert ("figure", "2024", school) in scores(vintage, changed)


@FEW
@given(VINTAGES, st.sampled_from([8.0, 64.0, 1024.0]))
def test_without_noise_the_unit_does_not_matter(
    vintage: dict[tuple[str, int], float], unit: float
) -> None:
    now = vintage | {("B", 2024): 1.8 * vintage["B", 2024], ("E", 2023): 1.3 * vintage["E", 2023]}

    def in_unit(of: dict[tuple[str, int], float]) -> dict[tuple[str, int], float]:
        return {key: unit * value for key, value in of.items()}

    assert scores(vintage, now, noise=0) == scores(in_unit(vintage), in_unit(now), noise=0)


@FEW
@given(st.integers(0, 3), st.integers(0, 4))
def test_few_people_come_and_go_without_notice(before: int, now: int) -> None:
    vintage = {(s, y): 50.0 for s in SCHOOLS for y in range(2019, 2025)}
    small = vintage | {("A", 2024): float(before)}
    assert scores(small, small | {("A", 2024): float(now)}) == []


def test_a_series_that_swings_is_given_room_and_one_that_does_not_is_not() -> None:
    swinging = {("A", y): 1000.0 * (1.5 if y % 2 else 1.0) for y in range(2014, 2025)}
    steady = {("A", y): 1000.0 + y % 3 for y in range(2014, 2025)}
    new = {("A", 2025): 1500.0}
    assert scores(swinging, swinging | new) == []
    assert ("figure", "2025", None) in scores(steady, steady | new)


def test_what_was_not_told_before_is_no_change() -> None:
    told = {(s, y): 50.0 for s in SCHOOLS for y in range(2016, 2025)}
    closed = told | {("A", 2024): None}
    assert scores(closed, told | {("A", 2024): 900.0}) == [("figure", "2024", None)]  # type: ignore[arg-type]
    assert scores(told, closed) == []  # type: ignore[arg-type]


def test_two_steps_tell_nothing_of_the_third() -> None:
    short = {(s, y): 50.0 * (y - 2021) for s in SCHOOLS for y in range(2022, 2025)}
    assert scores(short, short | {(s, 2025): 900.0 for s in SCHOOLS}) == []


def test_a_column_that_becomes_empty_is_found() -> None:
    whole = {(s, y): 50.0 for s in SCHOOLS for y in range(2019, 2025)}
    emptied = {key: None if key[1] == 2024 else value for key, value in whole.items()}
    assert ("figure", "2024", None) in scores(whole, emptied)  # type: ignore[arg-type]


def test_the_vintage_before_is_the_newest_that_was_another() -> None:
    def past(name: str, **vintages: str | None) -> profiles.Past:
        return profiles.Past(vintages, name, {})

    nights = [past("3", a="x2", b="y"), past("2", a="x2", b="y"), past("1", a="x1", b=None)]
    assert profiles.stood_before(nights, {"a": "x3"}) is nights[0]
    assert profiles.stood_before(nights, {"a": "x2"}) is nights[2]
    assert profiles.stood_before(nights, {"a": "x1"}) is nights[0]
    assert profiles.stood_before(nights, {"b": "y"}) is None  # it has never been another
    assert profiles.stood_before(nights, {"a": "x2", "b": "y"}) is nights[2]
    assert profiles.stood_before(nights, {}) is nights[0]
    assert profiles.stood_before([], {"a": "x"}) is None
