"""Whole nights over real HTTP: what goes wrong stays where it is, and yesterday's figures stand."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from store_tools import HEADER, RunNight, Source

from tasks import alerts, locks, night, warehouse
from tasks.errors import (
    CatalogueError,
    ConfigurationError,
    NightLocked,
    NotFound,
    TilbudsplanError,
)
from tasks.journal import Journal
from tasks.settings import Project, Settings
from tasks.sources import delimited

FIRST, SECOND, THIRD = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)


def published(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    with warehouse.connect_published(settings.rooms) as con:
        return con.execute(sql).fetchall()


def places(settings: Settings) -> list[tuple[object, ...]]:
    return published(settings, "select school, places from staging.places order by 1")


def vintage(settings: Settings, dataset: str) -> tuple[object, ...]:
    (row,) = published(
        settings, f"select stale, stale_reason from audit.vintage where dataset = '{dataset}'"
    )
    return row


def findings(settings: Settings) -> dict[tuple[str, str], int]:
    return {
        (f.dataset, f.kind): f.nights for f in alerts.open_findings(Journal(settings.rooms.journal))
    }


def test_a_night_carries_figures_from_source_to_mart(
    settings: Settings, run_night: RunNight
) -> None:
    outcome = run_night()
    assert outcome.skipped == {}
    assert outcome.findings == ()
    assert places(settings) == [("A", 30), ("B", 45)]
    assert published(settings, "select * from mart.coverage order by 1") == [
        ("A", "Adolf Øien", 10.0, FIRST, "Fylket: places.csv"),
        ("B", "Byåsen", 15.0, FIRST, "Fylket: places.csv"),
    ]
    assert vintage(settings, "places") == (False, None)
    with warehouse.connect_published(settings.rooms) as con:
        closed = tuple(f"{schema}." for schema in warehouse.CLOSED_SCHEMAS)
        assert not [t for t in warehouse.tables(con) if t.startswith(closed)]
    assert Journal(settings.rooms.journal).entries("night.published")


def test_unchanged_answers_are_neither_landed_nor_parsed_twice(
    settings: Settings, run_night: RunNight
) -> None:
    run_night(FIRST)
    parsed = {p: p.stat().st_mtime_ns for p in settings.rooms.parsed.rglob("*.parquet")}
    blobs = sorted(settings.rooms.landing.glob("blobs/*/*"))
    run_night(SECOND)
    assert {p: p.stat().st_mtime_ns for p in settings.rooms.parsed.rglob("*.parquet")} == parsed
    assert sorted(settings.rooms.landing.glob("blobs/*/*")) == blobs


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        (None, "fetch", "503"),
        (b"school;seats\nA;31\n", "parse", "mangler places"),
        (b"school;places\nA;many\n", "stage", "many"),
        (b"school;places\nA;31\nA;32\n", "block", "2 rader"),
        (b"school;places\nA;-1\nB;45\n", "block", "Plasser er ikke negative"),
    ],
)
def test_a_dataset_that_fails_keeps_its_last_good_vintage(
    settings: Settings,
    run_night: RunNight,
    source: Source,
    content: bytes | None,
    kind: str,
    text: str,
) -> None:
    run_night(FIRST)
    good = source.files.pop("places.csv")
    source.files["pupils.csv"] = b"school;pupils\nA;29\n"
    if content is not None:
        source.files["places.csv"] = content
    run_night(SECOND)
    assert places(settings) == [("A", 30), ("B", 45)]
    stale, reason = vintage(settings, "places")
    assert stale
    assert text in str(reason)
    assert findings(settings) == {("places", kind): 1}
    with warehouse.connect_internal(settings.rooms) as con:
        assert con.execute("select pupils from restricted.pupils").fetchall() == [(29,)]
    run_night(THIRD)
    assert findings(settings) == {("places", kind): 2}
    source.files["places.csv"] = good
    run_night(THIRD)
    assert findings(settings) == {}
    assert vintage(settings, "places") == (False, None)


@pytest.mark.parametrize("broken", ["fetch", "parse"])
def test_a_fault_of_ours_in_one_dataset_stops_no_other(
    broken: str, settings: Settings, source: Source, run_night: RunNight,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    run_night(FIRST)
    source.files = {"places.csv": b"school;places\nA;31\n", "pupils.csv": b"school;pupils\nA;1\n"}
    right = getattr(delimited, broken)

    def wrong(*arguments: Any) -> Any:
        selection = arguments[2 if broken == "fetch" else 1]
        if selection.path == "places.csv":
            raise KeyError("Kari Nordmann")
        return right(*arguments)

    monkeypatch.setattr(delimited, broken, wrong)
    outcome = run_night(SECOND)
    (reason,) = (v.reason for v in outcome.vintages if v.reason)
    assert reason.startswith("places: ventet et svar som programmet kan lese, men fikk KeyError")
    assert "Kari" not in reason
    assert ". Gjør slik: meld fra" in reason
    assert findings(settings) == {("places", broken): 1}
    assert places(settings) == [("A", 30), ("B", 45)]


def test_a_dataset_without_a_last_good_vintage_is_left_out_with_its_readers(
    settings: Settings, run_night: RunNight, source: Source
) -> None:
    del source.files["places.csv"]
    outcome = run_night()
    assert set(outcome.skipped) == {"staging.places", "mart.coverage"}
    assert findings(settings) == {("places", "fetch"): 1}
    assert vintage(settings, "places")[0] is True
    assert published(settings, "select count(*) from reference.names") == [(2,)]


def test_a_warning_publishes_and_is_found(
    settings: Settings, run_night: RunNight, source: Source
) -> None:
    source.files["places.csv"] = b"school;places\nA;300\n"
    run_night()
    assert places(settings) == [("A", 300)]
    assert findings(settings) == {("places", "warn"): 1}
    (row,) = published(settings, "select severity from audit.validation where not success")
    assert row == ("warn",)


def compare_tables_with_each_other(project: Project) -> None:
    both = ("staging.places", "restricted.pupils")
    for table, other in (both, both[::-1]):
        schema, name = table.split(".")
        file = project.expectations / schema / f"{name}.yaml"
        file.parent.mkdir(exist_ok=True)
        query = f"SELECT * FROM {{batch}} ANTI JOIN {other} USING (school)"
        file.write_text(
            f"table: {table}\nexpectations:\n"
            "  - type: unexpected_rows_expectation\n"
            f"    arguments: {{unexpected_rows_query: '{query}'}}\n"
            "    severity: block\n    reason: Skolene er de samme.\n"
            "    owner: inntak\n    origin: prøve\n",
            encoding="utf-8",
        )


def test_tables_can_be_compared_whichever_is_built_first(
    settings: Settings, run_night: RunNight, project: Project, source: Source
) -> None:
    compare_tables_with_each_other(project)
    assert run_night(FIRST).findings == ()
    source.files["pupils.csv"] = b"school;pupils\nA;28\nC;3\n"
    run_night(SECOND)
    # Both suites fail, but only the pupils are new: with them put back, the places hold again.
    assert findings(settings) == {("pupils", "block"): 1}
    with warehouse.connect_internal(settings.rooms) as con:
        assert con.execute("select school from restricted.pupils order by 1").fetchall() == [
            ("A",),
            ("B",),
        ]
    source.files["pupils.csv"] = b"school;pupils\nA;27\nB;3\n"
    run_night(THIRD)
    assert findings(settings) == {}


def test_what_is_new_gives_way_to_what_held_yesterday(
    settings: Settings, run_night: RunNight, project: Project, source: Source
) -> None:
    compare_tables_with_each_other(project)
    (project.expectations / "restricted" / "pupils.yaml").unlink()
    run_night(FIRST)
    source.files["pupils.csv"] = b"school;pupils\nA;28\n"
    run_night(SECOND)
    # Only the suite of the places knows that a school has lost its pupils.
    assert findings(settings) == {("pupils", "block"): 1}
    assert places(settings) == [("A", 30), ("B", 45)]


def test_datasets_that_are_not_asked_for_stand_where_they_stood(
    settings: Settings, run_night: RunNight, source: Source
) -> None:
    run_night(FIRST)
    good = source.files.pop("places.csv")
    run_night(SECOND)
    source.files["places.csv"] = good.replace(b"30", b"31")
    run_night(THIRD, ("pupils",))
    assert places(settings) == [("A", 30), ("B", 45)]
    assert vintage(settings, "places")[0] is True
    run_night(THIRD, ("places",))
    assert places(settings) == [("A", 31), ("B", 45)]


def test_figures_that_nobody_has_updated_are_stale(settings: Settings, run_night: RunNight) -> None:
    run_night(FIRST)
    run_night(date(2027, 6, 1))
    assert "grensen er 30" in str(vintage(settings, "places")[1])
    assert ("places", "freshness") in findings(settings)


def test_a_mart_that_does_not_run_publishes_nothing(
    settings: Settings, run_night: RunNight, project: Project, source: Source
) -> None:
    run_night(FIRST)
    mart = project.sql / "marts" / "coverage.sql"
    mart.write_text(mart.read_text().replace("p.places", "p.nothing"))
    source.files["places.csv"] = b"school;places\nA;99\n"
    with pytest.raises(ConfigurationError, match=r"mart\.coverage: .*nothing"):
        run_night(SECOND)
    assert places(settings) == [("A", 30), ("B", 45)]


def test_a_past_night_is_rebuilt_offline_to_the_same_figures(
    settings: Settings, run_night: RunNight, project: Project, source: Source, tmp_path: Path
) -> None:
    run_night(FIRST)
    del source.files["pupils.csv"]
    source.files["places.csv"] = b"school;places\nA;33\nB;200\n"
    run_night(SECOND)
    exports = warehouse.canonical_export(settings.rooms.warehouse, tmp_path / "then")
    (project.reference / "names.csv").write_text("school,name\nA,Nytt navn\n")
    source.files["places.csv"] = b"school;places\nA;1\n"
    run_night(THIRD)
    now = warehouse.canonical_export(settings.rooms.warehouse, tmp_path / "now")
    source.files.clear()

    rebuilt = night.rebuild(settings, SECOND)
    assert warehouse.canonical_export(rebuilt, tmp_path / "again") == exports
    assert warehouse.canonical_export(settings.rooms.warehouse, tmp_path / "kept") == now
    assert now["mart.coverage"] != exports["mart.coverage"]
    assert rebuilt == settings.rooms.asof / "2026-11-21.duckdb"
    assert list(settings.rooms.asof.iterdir()) == [rebuilt]
    with pytest.raises(NotFound):
        night.rebuild(settings, date(2026, 11, 19))


def test_a_rebuild_from_a_broken_landing_names_the_file(
    settings: Settings, run_night: RunNight, tmp_path: Path
) -> None:
    run_night(FIRST)
    for folder in settings.rooms.parsed.glob("places/*"):
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    landing = night.Landing(settings.rooms.landing)
    part = landing.latest("places").parts[0]  # type: ignore[union-attr]
    blob = settings.rooms.landing / "blobs" / part.sha256[:2] / f"{part.sha256}.zst"
    blob.write_bytes(blob.read_bytes()[:9])
    with pytest.raises(TilbudsplanError, match=part.sha256):
        night.rebuild(settings, FIRST)
    assert places(settings) == [("A", 30), ("B", 45)]
    assert run_night(FIRST).findings == ()  # fetching again mends it


def test_a_home_belongs_to_one_profile(settings: Settings, run_night: RunNight) -> None:
    run_night()
    demo = Settings(home=settings.home, profile="demo")
    with pytest.raises(ConfigurationError, match="profilen «demo»"):
        night.begin(demo, FIRST)
    with pytest.raises(ConfigurationError, match="profilen «demo»"):
        night.rebuild(demo, FIRST)


def test_a_night_that_cannot_hear_people_is_written_down_as_failed(settings: Settings) -> None:
    def hear(_: Settings) -> None:
        raise ConfigurationError(
            subject="bedrift.toml", expected="et skjema", got="en feil", remedy="rett filen"
        )

    with pytest.raises(ConfigurationError):
        night.begin(settings, hear=hear)
    (failed,) = Journal(settings.rooms.journal).entries("night.failed")
    assert "bedrift.toml" in failed.payload["reason"]


def test_a_night_that_cannot_read_its_catalogue_is_written_down_as_failed(
    settings: Settings, project: Project
) -> None:
    (project.catalogue / "county.toml").write_text("[publisher]\nid = 1\n", encoding="utf-8")
    with pytest.raises(CatalogueError):
        night.begin(settings, FIRST, project)
    (failed,) = Journal(settings.rooms.journal).entries("night.failed")
    assert "county.toml" in failed.payload["reason"]


def test_a_night_can_be_sent_to_another_process(settings: Settings, project: Project) -> None:
    begun = night.begin(settings, FIRST, project)
    arrived = pickle.loads(pickle.dumps(begun))  # noqa: S301 - our own bytes
    assert list(arrived.catalogue.datasets) == ["places", "pupils"]


HOLDER = """
import sys, time
from pathlib import Path
from tasks import locks
with locks.night_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.process
def test_a_second_night_is_told_who_holds_the_lock(settings: Settings) -> None:
    lock = settings.rooms.lock
    command = [sys.executable, "-c", HOLDER, str(lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == b"held\n"
            with pytest.raises(NightLocked, match=f"prosess {other.pid} "), locks.night_lock(lock):
                pytest.fail("two nights at once")
            held = locks.holder(lock)
            assert held is not None
            assert held["pid"] == other.pid
        finally:
            other.kill()
    with locks.night_lock(lock):  # a killed holder locks nobody out
        pass
    assert locks.holder(lock) is None


# A night in a process of its own that stops at a named call and waits to be killed there.
KILLED = """
import sys, time
from datetime import date
from pathlib import Path
from tasks import alerts, audit, jsonlines, landing, locks, night, quality, transform, warehouse
from tasks.settings import Project, Settings

def stop(*_, **__):
    print("here", flush=True)
    time.sleep(60)

home, root, where = sys.argv[1:]
if where == "second rename":
    real = Path.replace
    def replace(self, target):
        return stop() if str(target).endswith("tilbudsplan.duckdb") else real(self, target)
    Path.replace = replace
else:
    module, _, name = where.partition(".")
    setattr(globals()[module], name, stop)
settings = Settings(home=Path(home))
with locks.night_lock(settings.rooms.lock):
    begun = night.begin(settings, date(2026, 11, 21), Project(Path(root)))
    night.build(begun, [night.take_in(begun, d.id) for d in begun.catalogue])
"""


@pytest.mark.process
@pytest.mark.parametrize(
    "where",
    [
        "jsonlines.append",
        "transform.build",
        "quality.run",
        "audit.write",
        "warehouse.publish",
        "warehouse._check_copy",
        "second rename",
    ],
)
def test_a_night_killed_anywhere_leaves_yesterdays_copy_whole(
    settings: Settings, run_night: RunNight, project: Project, source: Source, where: str
) -> None:
    run_night(FIRST)
    before = settings.rooms.warehouse.read_bytes()
    # Without suites the killed process need not import Great Expectations.
    (project.expectations / "staging" / "places.yaml").unlink()
    source.files["places.csv"] = b"school;places\nA;31\nB;46\n"
    command = [sys.executable, "-c", KILLED, str(settings.home), str(project.root), where]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), "."])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as killed:
        assert killed.stdout is not None
        line = killed.stdout.readline()
        killed.send_signal(signal.SIGKILL)
    assert line == b"here\n"
    assert settings.rooms.warehouse.read_bytes() == before
    assert places(settings) == [("A", 30), ("B", 45)]
    Journal(settings.rooms.journal).verify()
    run_night(THIRD)
    assert places(settings) == [("A", 31), ("B", 46)]
    assert list(settings.rooms.build.iterdir()) == []


@pytest.mark.process
def test_a_landing_killed_at_random_moments_is_whole_or_absent(
    settings: Settings, project: Project, tmp_path: Path
) -> None:
    code = (
        "import sys, pathlib, itertools; from datetime import date; import store_tools; "
        "from tasks.landing import Landing\n"
        "for n in itertools.count(): Landing(pathlib.Path(sys.argv[1])).land('x', "
        "date(2026, 1, 1), [store_tools.answer(b'%d' % n * 5000)])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), "."])}
    landing = night.Landing(tmp_path / "landing")
    for _ in range(3):
        before = len(landing.snapshots("x"))
        command = [sys.executable, "-c", code, str(tmp_path / "landing")]
        with subprocess.Popen(command, env=environment) as killed:
            while len(landing.snapshots("x")) < before + 4:
                time.sleep(0.005)
            killed.kill()
        for snapshot in landing.snapshots("x"):
            landing.answers(snapshot)


def test_a_figure_that_is_revised_is_kept_beside_what_it_was(
    settings: Settings, project: Project, run_night: RunNight, source: Source
) -> None:
    entry = project.catalogue / "county.toml"
    kept = entry.read_text(encoding="utf-8").replace(
        'table = "staging.places"', 'table = "staging.places"\nkeep_vintages = true'
    )
    entry.write_text(kept, encoding="utf-8")
    head = HEADER.format(name="staging.places", unit="places", sources="raw.places_vintages")
    (project.sql / "staging" / "places.sql").write_text(
        head.replace("Key: school", "Key: school, vintage")
        + "SELECT school, vintage, places::INTEGER AS places FROM raw.places_vintages\n",
        encoding="utf-8",
    )
    (project.sql / "marts" / "coverage.sql").unlink()
    source.files["places.csv"] = b"school;places\nA;30\n"
    run_night(FIRST)
    source.files["places.csv"] = b"school;places\nA;-1\n"  # blocked: nobody stood on it
    run_night(SECOND)
    source.files["places.csv"] = b"school;places\nA;31\n"
    run_night(THIRD)
    figures = "select vintage, places from staging.places order by 1"
    assert published(settings, figures) == [(FIRST, 30), (THIRD, 31)]
    with warehouse.connect_read_only(night.rebuild(settings, SECOND)) as con:
        assert con.execute(figures).fetchall() == [(FIRST, 30)]
