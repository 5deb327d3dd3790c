"""What is not let through: its rows are kept, people decide, and what depends on it stands."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from store_tools import HEADER, RunNight, Source, write

from tasks import alerts, night, quarantine, warehouse
from tasks.errors import ConfigurationError, NotFound, ValidationFailed, WrongUse
from tasks.journal import Journal
from tasks.settings import Project, Settings

FIRST, SECOND, THIRD = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)
GOOD = b"school;places\nA;30\nB;45\n"
NEGATIVE = b"school;places\nA;-1\nB;-2\nC;5\n"


def published(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with warehouse.connect_published(settings.rooms) as con:
        return con.execute(sql).fetchall()


def inside(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with warehouse.connect_internal(settings.rooms) as con:
        return con.execute(sql).fetchall()


def held(settings: Settings) -> list[dict[str, Any]]:
    with warehouse.connect_published(settings.rooms) as con:
        return warehouse.frame(con, "from audit.quarantine order by all").to_dicts()


def places(settings: Settings) -> list[tuple[Any, ...]]:
    return published(settings, "select school, places from staging.places order by 1")


def decide(settings: Settings, verdict: Any, dataset: str = "places") -> quarantine.Verdict:
    return quarantine.decide(
        Journal(settings.rooms.journal),
        held(settings),
        dataset,
        verdict,
        "Kari Nordmann",
        "avtalt med kilden",
    )


def test_refused_rows_are_kept_with_what_they_break(
    settings: Settings, run_night: RunNight, source: Source
) -> None:
    run_night(FIRST)
    assert held(settings) == []
    source.files["places.csv"] = NEGATIVE
    run_night(SECOND)
    (one,) = held(settings)
    assert (one["dataset"], one["kind"], one["table_name"]) == ("places", "block", "staging.places")
    assert (one["unexpected_count"], one["rows_stored"], one["verdict"]) == (2, 2, None)
    assert one["reason"] == "Plasser er ikke negative."
    ((now, rejected),) = published(
        settings, "select snapshot, rejected from audit.vintage where dataset = 'places'"
    )
    landed = night.Landing(settings.rooms.landing).snapshots("places")
    assert [now, rejected] == [snapshot.snapshot for snapshot in landed]
    rows = inside(settings, 'select "row", snapshot from quarantine.row order by position')
    assert [json.loads(row) for row, _ in rows] == [
        {"school": "A", "places": -1},
        {"school": "B", "places": -2},
    ]
    assert {snapshot for _, snapshot in rows} == {rejected}
    with warehouse.connect_published(settings.rooms) as con:
        assert "quarantine.row" not in warehouse.tables(con)
    (finding,) = alerts.open_findings(Journal(settings.rooms.journal))
    assert (finding.dataset, finding.kind, finding.about) == ("places", "block", one["key"])
    assert "2 rader" in finding.reason
    assert finding.touches == ()  # neither a plan nor a table with a title stands on it


def test_at_most_ten_thousand_rows_are_kept_and_all_are_counted(
    settings: Settings, run_night: RunNight, source: Source
) -> None:
    run_night(FIRST)
    many = "".join(f"S{number};-1\n" for number in range(12_000))
    source.files["places.csv"] = b"school;places\n" + many.encode()
    run_night(SECOND)
    (one,) = held(settings)
    assert (one["unexpected_count"], one["rows_stored"]) == (12_000, 10_000)
    assert inside(settings, "select count(*), max(position) from quarantine.row") == [
        (10_000, 10_000)
    ]


@pytest.mark.parametrize(
    ("content", "kind", "rows"),
    [
        (b"school;seats\nA;31\n", "parse", 0),
        (b"school;places\nA;many\n", "stage", 0),
        (b"school;places\nA;31\nA;32\nB;4\n", "block", 2),
    ],
)
def test_what_never_came_to_a_suite_is_held_and_nobody_can_release_it(
    settings: Settings,
    run_night: RunNight,
    source: Source,
    content: bytes,
    kind: str,
    rows: int,
) -> None:
    run_night(FIRST)
    source.files["places.csv"] = content
    run_night(SECOND)
    (one,) = held(settings)
    assert (one["kind"], one["key"], one["rows_stored"]) == (kind, "", rows)
    with pytest.raises(WrongUse, match="places"):
        decide(settings, "release")
    decide(settings, "drop")
    assert places(settings) == [("A", 30), ("B", 45)]


def test_what_is_released_is_published_by_the_next_build_without_asking_the_source(
    settings: Settings, run_night: RunNight, source: Source, project: Project
) -> None:
    run_night(FIRST)
    source.files["places.csv"] = NEGATIVE
    run_night(SECOND)
    verdict = decide(settings, "release")
    source.files.clear()
    begun = night.begin(settings, SECOND, project)
    night.build(begun, [])
    assert places(settings) == [("A", -1), ("B", -2), ("C", 5)]
    assert held(settings) == []
    assert alerts.open_findings(Journal(settings.rooms.journal)) == []
    assert published(
        settings, "select stale, rejected, verdict from audit.vintage where dataset = 'places'"
    ) == [(False, None, str(verdict))]
    # The suite goes on saying what it sees.
    assert published(settings, "select success from audit.validation where severity = 'block'") == [
        (False,)
    ]
    # It is this snapshot that was released, and no other with the same fault.
    source.files["places.csv"] = b"school;places\nA;-7\n"
    source.files["pupils.csv"] = b"school;pupils\nA;28\n"
    run_night(THIRD)
    assert places(settings) == [("A", -1), ("B", -2), ("C", 5)]
    assert [row["dataset"] for row in held(settings)] == ["places"]


def test_what_is_dropped_is_not_tried_again_and_alarms_nobody(
    settings: Settings, run_night: RunNight, source: Source
) -> None:
    run_night(FIRST)
    source.files["places.csv"] = NEGATIVE
    run_night(SECOND)
    verdict = decide(settings, "drop")
    outcome = run_night(THIRD)
    assert outcome.findings == ()
    ((stale, reason),) = published(
        settings, "select stale, stale_reason from audit.vintage where dataset = 'places'"
    )
    assert stale
    assert reason == str(verdict)
    assert places(settings) == [("A", 30), ("B", 45)]
    source.files["places.csv"] = b"school;places\nA;31\n"
    run_night(THIRD)
    assert places(settings) == [("A", 31)]


def test_a_snapshot_that_is_held_stays_held_on_a_night_that_asks_for_others(
    settings: Settings, run_night: RunNight, source: Source
) -> None:
    run_night(FIRST)
    source.files["places.csv"] = NEGATIVE
    run_night(SECOND)
    before = held(settings)
    run_night(THIRD, ("pupils",))
    assert held(settings) == before
    assert [f.nights for f in alerts.open_findings(Journal(settings.rooms.journal))] == [2]
    del source.files["places.csv"]
    run_night(THIRD)
    assert held(settings) == before
    assert places(settings) == [("A", 30), ("B", 45)]


def test_nothing_is_decided_by_nobody_or_about_nothing(
    settings: Settings, run_night: RunNight, source: Source
) -> None:
    run_night(FIRST)
    with pytest.raises(NotFound, match="places"):
        decide(settings, "release")
    source.files["places.csv"] = NEGATIVE
    run_night(SECOND)
    journal = Journal(settings.rooms.journal)
    for by, reason in (("", "fordi"), ("Kari", " ")):
        with pytest.raises(WrongUse, match=r"--(by|reason)"):
            quarantine.decide(journal, held(settings), "places", "drop", by, reason)
    assert journal.entries(quarantine.VERDICT) == []


def test_a_night_with_refused_rows_is_rebuilt_the_same(
    settings: Settings, run_night: RunNight, source: Source, tmp_path: Any
) -> None:
    run_night(FIRST)
    source.files["places.csv"] = NEGATIVE
    run_night(SECOND)
    then = warehouse.canonical_export(settings.rooms.warehouse, tmp_path / "then")
    decide(settings, "release")
    source.files["places.csv"] = b"school;places\nA;1\n"
    run_night(THIRD)
    rebuilt = night.rebuild(settings, SECOND)
    assert warehouse.canonical_export(rebuilt, tmp_path / "again") == then


MART_SUITE = """
table: mart.coverage
expectations:
  - type: expect_column_values_to_be_between
    arguments: {column: thirds, max_value: 20}
    severity: block
    reason: Ingen skole har så stor dekning.
    owner: inntak
    origin: test
"""


def test_a_mart_that_does_not_hold_puts_back_what_is_new_beneath_it(
    settings: Settings, run_night: RunNight, source: Source, project: Project, tmp_path: Any
) -> None:
    write(project.expectations / "mart" / "coverage.yaml", MART_SUITE)
    run_night(FIRST)
    source.files["places.csv"] = b"school;places\nA;99\nB;45\n"
    source.files["pupils.csv"] = b"school;pupils\nA;29\nB;3\n"
    run_night(SECOND)
    assert places(settings) == [("A", 30), ("B", 45)]
    # What the mart does not stand on has its new figures.
    assert inside(settings, "select pupils from restricted.pupils order by school") == [(29,), (3,)]
    (one,) = held(settings)
    assert (one["dataset"], one["table_name"]) == ("places", "mart.coverage")
    rows = inside(settings, 'select "row" from quarantine.row')
    assert [json.loads(row)["thirds"] for (row,) in rows] == [33.0]
    then = warehouse.canonical_export(settings.rooms.warehouse, tmp_path / "then")
    assert warehouse.canonical_export(night.rebuild(settings, SECOND), tmp_path / "again") == then
    decide(settings, "release")
    run_night(THIRD)
    assert places(settings) == [("A", 99), ("B", 45)]


def test_a_mart_that_new_figures_break_puts_them_back(
    settings: Settings, run_night: RunNight, source: Source, project: Project
) -> None:
    head = HEADER.format(name="mart.coverage", unit="places", sources="staging.places")
    write(
        project.sql / "marts" / "coverage.sql",
        f"{head}SELECT school, CAST(CASE WHEN places = 31 THEN 'x' ELSE '1' END AS INTEGER) "
        "AS share FROM staging.places\n",
    )
    run_night(FIRST)
    source.files["places.csv"] = b"school;places\nA;31\nB;45\n"
    run_night(SECOND)
    assert places(settings) == [("A", 30), ("B", 45)]
    (one,) = held(settings)
    assert (one["dataset"], one["kind"], one["key"]) == ("places", "block", "")
    assert "mart.coverage" in one["reason"]


def test_a_mart_without_anything_new_beneath_it_stops_the_night(
    settings: Settings, run_night: RunNight, project: Project
) -> None:
    run_night(FIRST)
    write(project.expectations / "mart" / "coverage.yaml", MART_SUITE.replace("20", "2"))
    with pytest.raises(ValidationFailed, match=r"mart\.coverage"):
        run_night(SECOND)
    write(project.sql / "marts" / "coverage.sql", "-- mart.coverage\n")
    with pytest.raises(ConfigurationError):
        run_night(SECOND)
    assert places(settings) == [("A", 30), ("B", 45)]


def test_rows_about_persons_are_kept_inside_only(
    settings: Settings, run_night: RunNight, source: Source, project: Project
) -> None:
    suite = MART_SUITE.replace("mart.coverage", "restricted.pupils").replace("thirds", "pupils")
    write(project.expectations / "restricted" / "pupils.yaml", suite.replace("20", "500"))
    run_night(FIRST)
    source.files["pupils.csv"] = b"school;pupils\nA;731\nB;3\n"
    run_night(SECOND)
    assert [row["unexpected_count"] for row in held(settings)] == [1]
    assert "731" not in json.dumps(held(settings))
    assert "731" in inside(settings, 'select "row" from quarantine.row')[0][0]


def test_results_are_kept_night_by_night(
    settings: Settings, run_night: RunNight, source: Source, tmp_path: Any
) -> None:
    run_night(FIRST)
    source.files["places.csv"] = NEGATIVE
    run_night(SECOND)
    run_night(SECOND)
    source.files["places.csv"] = b"school;places\nA;31\nB;200\n"
    run_night(THIRD)
    found = published(
        settings,
        "select as_of, severity, success, held from audit.validation_by_night "
        "order by as_of, severity, held",
    )
    assert found == [
        (FIRST, "block", True, False),
        (FIRST, "warn", True, False),
        (SECOND, "block", True, False),
        (SECOND, "block", False, True),
        (SECOND, "warn", True, False),
        (THIRD, "block", True, False),
        (THIRD, "warn", False, False),
    ]
