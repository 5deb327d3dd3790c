"""A mart that does not hold puts back the one new snapshot that explains it, where there is one."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from store_tools import HEADER, RunNight, Source, write

from tasks import alerts, night, warehouse
from tasks.assembly import blame
from tasks.journal import Journal
from tasks.settings import Project, Settings

FIRST, SECOND, THIRD = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)
AREAS = """
[[dataset]]
id = "areas"
title = "Områder"
protocol = "delimited"
source_table = "areas.csv"
cadence = "daily"
freshness_days = 30
owner = "inntak"
sensitivity = "open"
table = "staging.areas"
[dataset.selection]
path = "areas.csv"
columns = ["school", "area"]
"""
LOAD = """SELECT
    p.school,
    a.area,
    round(100 * u.pupils / p.places)::INTEGER AS share
FROM staging.places AS p
INNER JOIN restricted.pupils AS u ON p.school = u.school
INNER JOIN staging.areas AS a ON p.school = a.school
"""
SUITE = """
table: mart.load
expectations:
  - type: expect_column_values_to_be_between
    arguments: {column: share, max_value: 150}
    severity: block
    reason: Ingen skole er så full.
    owner: inntak
    origin: test
"""
ALONE = "lagt tilbake fordi mart.load holder når dette datasettet står på forrige årgang"
FEW_PLACES = b"school;places\nA;3\nB;45\n"
MORE_PUPILS = b"school;pupils\nA;29\nB;4\n"
NEW_AREAS = b"school;area\nA;midt\nB;nord\n"


@pytest.fixture
def three(project: Project, source: Source) -> Project:
    """A mart of three datasets; in the catalogue `areas` comes after `places` and `pupils`."""
    catalogue = project.catalogue / "county.toml"
    write(catalogue, catalogue.read_text(encoding="utf-8") + AREAS)
    source.files["areas.csv"] = b"school;area\nA;vest\nB;nord\n"
    for name, sources, select in (
        ("staging.areas", "raw.areas", "SELECT school, area FROM raw.areas\n"),
        ("mart.load", "staging.places, restricted.pupils, staging.areas", LOAD),
    ):
        folder = name.replace("mart.", "marts.").replace(".", "/")
        head = HEADER.format(name=name, unit="places", sources=sources)
        write(project.sql / f"{folder}.sql", head + select)
    write(project.expectations / "mart" / "load.yaml", SUITE)
    return project


def shown(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with warehouse.connect_internal(settings.rooms) as con:
        return con.execute(sql).fetchall()


def held(settings: Settings) -> dict[str, str]:
    return dict(shown(settings, "select dataset, put_back from audit.quarantine"))


def all_new(source: Source, **files: bytes) -> None:
    new = {"places": FEW_PLACES, "pupils": MORE_PUPILS, "areas": NEW_AREAS} | files
    source.files |= {f"{name}.csv": content for name, content in new.items()}


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("bad", ["places", "pupils"])
def test_only_what_explains_the_fault_goes_back(
    settings: Settings, run_night: RunNight, source: Source, tmp_path: Path, bad: str
) -> None:
    run_night(FIRST)
    good_places, many_pupils = b"school;places\nA;31\nB;45\n", b"school;pupils\nA;99\nB;4\n"
    all_new(source, **({} if bad == "places" else {"places": good_places, "pupils": many_pupils}))
    run_night(SECOND)
    assert held(settings) == {bad: ALONE}
    places = {"places": 30, "pupils": 31}[bad]
    assert shown(settings, "select places from staging.places where school = 'A'") == [(places,)]
    pupils = {"places": 29, "pupils": 28}[bad]
    assert shown(settings, "select school, area, share from mart.load order by 1") == [
        ("A", "midt", round(100 * pupils / places)),
        ("B", "nord", {"places": 9, "pupils": 7}[bad]),
    ]
    (finding,) = alerts.open_findings(Journal(settings.rooms.journal))
    assert (finding.dataset, finding.kind) == (bad, "block")
    assert finding.reason == f"Ingen skole er så full. (1 rad); {ALONE}"
    # The rows that are shown are those that were at fault, not those of a trial.
    ((row,),) = shown(settings, 'select "row" from quarantine.row')
    assert json.loads(row)["share"] == {"places": round(2900 / 3), "pupils": round(9900 / 31)}[bad]
    then = warehouse.canonical_export(settings.rooms.warehouse, tmp_path / "then")
    assert warehouse.canonical_export(night.rebuild(settings, SECOND), tmp_path / "again") == then
    # The next night has one suspect, and tells the same.
    run_night(THIRD)
    assert held(settings) == {bad: ALONE}


@pytest.mark.usefixtures("three")
def test_all_go_back_where_none_explains_it_alone(
    settings: Settings, run_night: RunNight, source: Source, tmp_path: Path
) -> None:
    run_night(FIRST)
    all_new(source, pupils=b"school;pupils\nA;99\nB;4\n")
    run_night(SECOND)
    said = (
        "alt nytt under mart.load er lagt tilbake (places, pupils, areas): ingen av dem forklarer "
        "feilen alene"
    )
    assert held(settings) == dict.fromkeys(["places", "pupils", "areas"], said)
    assert shown(settings, "select share, area from mart.load order by school") == [
        (93, "vest"),
        (7, "nord"),
    ]
    then = warehouse.canonical_export(settings.rooms.warehouse, tmp_path / "then")
    assert warehouse.canonical_export(night.rebuild(settings, SECOND), tmp_path / "again") == then


@pytest.mark.parametrize(("trials", "alone"), [(1, False), (2, True)])
def test_trials_are_limited_and_what_says_the_same_costs_none(
    settings: Settings,
    run_night: RunNight,
    source: Source,
    three: Project,
    monkeypatch: pytest.MonkeyPatch,
    trials: int,
    alone: bool,
) -> None:
    monkeypatch.setattr(blame, "TRIALS", trials)
    known = SUITE.replace("share, max_value: 150", "area, value_set: [vest, nord]")
    known = known.replace("values_to_be_between", "values_to_be_in_set")
    write(three.expectations / "mart" / "load.yaml", known)
    run_night(FIRST)
    # Other bytes for the same places, other pupils, and an area that nobody knows.
    all_new(source, places=b'school;places\n"A";30\nB;45\n')
    run_night(SECOND)
    assert set(held(settings)) == ({"areas"} if alone else {"places", "pupils", "areas"})


@pytest.mark.usefixtures("three")
def test_after_many_faulty_marts_nothing_is_tried(
    settings: Settings, run_night: RunNight, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blame, "FAULTS", 0)
    run_night(FIRST)
    all_new(source)
    run_night(SECOND)
    assert set(held(settings)) == {"places", "pupils", "areas"}
    assert all("for mange tabeller sviktet" in said for said in held(settings).values())


def test_a_mart_that_cannot_be_made_blames_one(
    settings: Settings, run_night: RunNight, source: Source, three: Project
) -> None:
    file = three.sql / "marts" / "load.sql"
    broken = "CASE WHEN p.places < 10 THEN 'x' ELSE '1' END::INTEGER AS share"
    text = file.read_text(encoding="utf-8")
    write(file, text.replace("round(100 * u.pupils / p.places)::INTEGER AS share", broken))
    run_night(FIRST)
    all_new(source)
    run_night(SECOND)
    assert held(settings) == {"places": ALONE}
    (finding,) = alerts.open_findings(Journal(settings.rooms.journal))
    assert finding.reason.startswith(f"L{ALONE[1:]}. mart.load: ")


@pytest.mark.usefixtures("three")
def test_what_waits_of_a_source_that_is_silent_is_rebuilt_the_same(
    settings: Settings, run_night: RunNight, source: Source, tmp_path: Path
) -> None:
    run_night(FIRST)
    all_new(source)
    run_night(SECOND)
    del source.files["places.csv"]
    source.files["pupils.csv"] = b"school;pupils\nA;27\nB;4\n"
    run_night(THIRD)
    assert held(settings) == {"places": ALONE}
    then = warehouse.canonical_export(settings.rooms.warehouse, tmp_path / "then")
    assert warehouse.canonical_export(night.rebuild(settings, THIRD), tmp_path / "again") == then


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("where", ["load_snapshot", "_content", "_holds", "_make_again"])
def test_a_night_that_ends_in_a_trial_leaves_nothing_and_the_next_blames_the_same(
    settings: Settings,
    run_night: RunNight,
    source: Source,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
) -> None:
    run_night(FIRST)
    many_pupils = b"school;pupils\nA;99\nB;4\n"
    all_new(source, places=b"school;places\nA;31\nB;45\n", pupils=many_pupils)

    def ended(*_: object) -> None:
        raise KeyboardInterrupt

    before = warehouse.canonical_export(settings.rooms.warehouse, tmp_path / "before")
    entries = len(Journal(settings.rooms.journal).entries())
    with monkeypatch.context() as patch:
        patch.setattr(blame, where, ended)
        with pytest.raises(KeyboardInterrupt):
            run_night(SECOND)
    now = warehouse.canonical_export(settings.rooms.warehouse, tmp_path / "now")
    assert now == before
    kinds = [entry.kind for entry in Journal(settings.rooms.journal).entries()[entries:]]
    assert kinds == ["night.begun"]
    run_night(SECOND)
    assert held(settings) == {"pupils": ALONE}
    assert shown(settings, "select share, area from mart.load order by 1") == [
        (7, "nord"),
        (90, "midt"),
    ]
