"""A dataset that is declared and not delivered yet: no fault each night, and no gap downstream."""

from __future__ import annotations

from datetime import date

import pytest
from store_tools import RunNight, Source, write

from tasks import alerts, catalogue, night, warehouse
from tasks.assembly import AWAITED
from tasks.errors import CatalogueError
from tasks.intake import NOT_DELIVERED
from tasks.journal import Journal
from tasks.settings import Project, Settings

FIRST, SECOND, THIRD = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)
ORDERED = """
[[dataset]]
id = "ordered"
title = "Bestilt fil"
protocol = "delimited"
source_table = "ordered.csv"
cadence = "yearly"
freshness_days = 900
owner = "statistikk"
sensitivity = "open"
table = "staging.ordered"
awaited = true
[dataset.selection]
path = "ordered.csv"
columns = ["school", "share"]
"""
STAGING = """-- staging.ordered
-- Grain: one row per school
-- Key: school
-- Unit: share
-- Sources: raw.ordered
SELECT school, share::DOUBLE AS share FROM raw.ordered
"""
MART = """-- mart.share
-- Grain: one row per school
-- Key: school
-- Unit: share
-- Sources: staging.places, staging.ordered
SELECT p.school, coalesce(o.share, 0.5) AS share, o.share IS NULL AS judged
FROM staging.places AS p LEFT JOIN staging.ordered AS o ON p.school = o.school
"""


@pytest.fixture
def ordered(project: Project, source: Source) -> Project:
    """The tiny project with a file that is ordered; the source says 404 for it."""
    source.missing = 404
    path = project.catalogue / "county.toml"
    path.write_text(path.read_text(encoding="utf-8") + ORDERED, encoding="utf-8")
    write(project.sql / "staging" / "ordered.sql", STAGING)
    write(project.sql / "marts" / "share.sql", MART)
    return project


def rows(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    with warehouse.connect_published(settings.rooms) as con:
        return con.execute(sql).fetchall()


def open_kinds(settings: Settings) -> set[tuple[str, str]]:
    return {f.key[:2] for f in alerts.open_findings(Journal(settings.rooms.journal))}


def test_what_is_awaited_is_no_fault_and_its_readers_are_built(
    settings: Settings, ordered: Project, run_night: RunNight
) -> None:
    for as_of in (FIRST, SECOND):
        outcome = run_night(as_of)
        assert outcome.findings == ()
        assert outcome.skipped == {}
        (vintage,) = [v for v in outcome.vintages if v.dataset == "ordered"]
        assert (vintage.snapshot, vintage.kind, vintage.reason) == (None, AWAITED, NOT_DELIVERED)
    assert rows(settings, "select school, share, judged from mart.share order by 1") == [
        ("A", 0.5, True),
        ("B", 0.5, True),
    ]
    assert rows(settings, "select stale, awaited from audit.vintage where dataset = 'ordered'") == [
        (False, True)
    ]
    rebuilt = night.rebuild(settings, FIRST)
    with warehouse.connect_read_only(rebuilt) as con:
        assert con.execute("select count(*) from mart.share").fetchall() == [(2,)]


def test_it_is_taken_in_on_the_night_it_comes(
    settings: Settings, ordered: Project, run_night: RunNight, source: Source
) -> None:
    run_night(FIRST)
    source.files["ordered.csv"] = b"school;share\nA;0.9\n"
    assert run_night(SECOND).findings == ()
    assert rows(settings, "select school, share, judged from mart.share order by 1") == [
        ("A", 0.9, False),
        ("B", 0.5, True),
    ]
    assert rows(settings, "select awaited from audit.vintage where dataset = 'ordered'") == [
        (False,)
    ]


def test_once_delivered_its_absence_is_a_fault_and_the_figures_stand(
    settings: Settings, ordered: Project, run_night: RunNight, source: Source
) -> None:
    source.files["ordered.csv"] = b"school;share\nA;0.9\n"
    run_night(FIRST)
    del source.files["ordered.csv"]
    run_night(SECOND)
    assert open_kinds(settings) == {("ordered", "fetch")}
    assert rows(settings, "select share from mart.share where school = 'A'") == [(0.9,)]


@pytest.mark.parametrize(
    ("missing", "content"), [(503, None), (404, b"school;andel\nA;0.9\n"), (404, b"")]
)
def test_another_fault_than_absence_is_told(
    settings: Settings,
    ordered: Project,
    run_night: RunNight,
    source: Source,
    missing: int,
    content: bytes | None,
) -> None:
    source.missing = missing
    if content is not None:
        source.files["ordered.csv"] = content
    run_night(FIRST)
    (found,) = open_kinds(settings)
    assert found[0] == "ordered"
    assert found[1] in {"fetch", "parse"}
    assert rows(settings, "select count(*) from mart.share where judged") == [(2,)]


def test_a_dataset_that_is_not_awaited_still_fails_on_404(
    settings: Settings, ordered: Project, run_night: RunNight, source: Source
) -> None:
    del source.files["pupils.csv"]
    assert [f.key[:2] for f in run_night(FIRST).findings] == [("pupils", "fetch")]


def test_only_a_protocol_of_declared_columns_can_be_awaited(ordered: Project) -> None:
    path = ordered.catalogue / "county.toml"
    text = path.read_text(encoding="utf-8")
    klass = (
        ORDERED.replace('"ordered"', '"codes"')
        .replace('"delimited"', '"klass"')
        .replace('path = "ordered.csv"\ncolumns = ["school", "share"]', "")
    )
    klass += 'classification = 7\noperation = "codes_at"\ndate = "as_of"\n'
    path.write_text(text + klass.replace("staging.ordered", "staging.codes"), encoding="utf-8")
    with pytest.raises(CatalogueError, match="ta bort awaited"):
        catalogue.load(ordered.catalogue)
