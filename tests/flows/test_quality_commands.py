"""Suites by hand, and verdicts on what is held back, as whoever runs the night meets them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flow_tools import Ask

from flows import held_rows, quality_commands
from tasks import history, quality, quarantine, warehouse
from tasks.journal import Journal
from tasks.publish import data_docs
from tasks.quality import Result
from tasks.quarantine import Held, Verdicts
from tasks.settings import CHECKOUT, Rooms, Settings

HOSTILE = "Tallene er <script>alert(1)</script> & gale."


def result(table: str, key: str, severity: str, success: bool, reason: str) -> Result:
    rule = json.dumps({"column": "persons", "min_value": 0})
    kind = "expect_column_values_to_be_between"
    count = None if success else 12
    return Result(
        table, key, kind, rule, severity, success, count, None, None, reason, "statistikk", "SSB"
    )


@pytest.fixture
def home(tmp_path: Path, clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose published night holds two datasets back."""
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(tmp_path))
    rooms = Rooms(tmp_path)
    con = warehouse.open_build(rooms.build / "night.duckdb")
    con.execute(
        "create table staging.population_by_municipality as select '5001' area_code, 1 as persons"
    )
    con.execute("create table audit.night as select date '2026-11-21' as as_of, 'demo' as profile")
    con.execute(
        "create table audit.vintage as select 'ssb_population' as dataset, "
        "repeat('a', 64) as snapshot, 'Folkemengden' as title, "
        "'staging.population_by_municipality' as table_name, "
        "true as stale, 'Folketallet er galt' as stale_reason, date '2026-11-20' as as_of"
    )
    con.execute(
        "create table audit.table as select 'staging.population_by_municipality' as table_name, "
        "null as title, 'area_code' as key"
    )
    quarantine.prepare(con)
    query = "select '5001' as area_code, range - 3 as persons from range(12)"
    negative = Held(
        "ssb_population",
        "a" * 64,
        "block",
        "staging.population_by_municipality",
        "k1",
        HOSTILE,
        "statistikk",
    )
    kept = quarantine.keep_rows(con, negative, query)
    assert kept == (12, 12)
    about = Held("vigo", "b" * 64, "block", "restricted.x", "k2", "Få.", "inntak", 3, 3)
    quarantine.keep_rows(con, about, "select 'hemmelig' as fag")
    unread = Held("nsr_schools", "c" * 64, "parse", "", "", "Lot seg ikke tolke.", "inntak")
    counted = Held(**{**vars(negative), "unexpected_count": 12, "rows_stored": 12})
    quarantine.write(con, [counted, about, unread], Verdicts())
    table = "staging.population_by_municipality"
    quality.store(
        con,
        [
            result(table, "k1", "block", True, HOSTILE),
            result(table, "k3", "warn", False, "Få innbyggere."),
            result(table, "k4", "block", False, "Frigitt av noen."),
        ],
    )
    history.write(con, rooms.audit, date(2026, 11, 20))
    history.keep(con, rooms.audit, date(2026, 11, 20))
    history.write(con, rooms.audit, date(2026, 11, 21))
    warehouse.publish(con, rooms.build / "night.duckdb", rooms)
    return tmp_path


def test_what_is_held_back_is_listed_and_shown(home: Path, ask: Ask) -> None:
    listed = ask("quarantine", "list")
    assert listed.code == 0
    assert "ssb_population" in listed.out
    assert "(12 rader)" in listed.out
    assert "Ikke avgjort" in listed.out
    shown = ask("quarantine", "show", "ssb_population", "--rows", "2")
    assert "områdekode  personer  personer (publisert)" in shown.out
    assert "area_code" not in shown.out
    assert shown.out.splitlines()[7].split() == ["5001", "-3", "1"]
    assert "Viser 2 av 12" in shown.out
    assert ask("quarantine", "show", "ssb_population", "--limit", "2").out == shown.out
    (one, *_) = json.loads(ask("quarantine", "show", "ssb_population", "--json").out)
    assert one["rows"][0] == {"area_code": "5001", "persons": -3}
    assert one["published"][0] == {"area_code": "5001", "persons": 1}


def test_without_a_key_in_common_only_what_is_held_back_is_shown(home: Path, ask: Ask) -> None:
    with warehouse.connect_internal(Rooms(home)) as con:
        rows = [{"persons": -3}, {"persons": 4}]
        assert held_rows.published(con, "staging.population_by_municipality", rows) == [None, None]
        assert held_rows.published(con, "staging.not_built", rows) == [None, None]
        other = [{"area_code": "5001", "persons": 2}, {"area_code": "9999", "persons": 2}]
        known = held_rows.published(con, "staging.population_by_municipality", other)
    assert known == [{"area_code": "5001", "persons": 1}, None]


def test_rows_about_persons_are_not_printed(home: Path, ask: Ask) -> None:
    for arguments in (("vigo",), ("vigo", "--json")):
        shown = ask("quarantine", "show", *arguments)
        assert "hemmelig" not in shown.out
    assert "vises ikke" in ask("quarantine", "show", "vigo").out


def test_a_verdict_is_journalled_with_name_and_reason(home: Path, ask: Ask) -> None:
    given = ask(
        "quarantine", "release", "ssb_population", "--by", "Kari Nordmann", "--reason", "Rettet."
    )
    assert given.code == 0
    assert "frigitt av Kari Nordmann" in given.out
    assert "tilbudsplan build" in given.out
    (entry,) = Journal(Rooms(home).journal).entries(quarantine.VERDICT)
    assert entry.payload["overruled"] == [["staging.population_by_municipality", "k1"]]
    assert "Frigitt av Kari Nordmann" in ask("quarantine", "list").out
    dropped = ask("quarantine", "drop", "ssb_population", "--by", "Ola", "--reason", "Nei.")
    assert "Dette erstatter: frigitt av Kari Nordmann" in dropped.out
    shown = ask("quarantine", "show", "ssb_population").out
    assert "Forkastet av Ola" in shown
    assert "Før det: frigitt av Kari Nordmann" in shown


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("release", "ssb_population"), 2, "--by"),
        (("release", "ssb_population", "--by", "", "--reason", "x"), 2, "--by"),
        (("release", "ssb_pop", "--by", "Kari", "--reason", "x"), 1, "ssb_pop"),
        (("release", "nsr_schools", "--by", "Kari", "--reason", "x"), 2, "kan ingen frigi"),
        (("show", "nothing"), 1, "velg blant"),
        (("show", "vigo", "--rows", "-1"), 2, "--rows"),
    ],
)
def test_wrong_use_is_told(
    home: Path, ask: Ask, arguments: tuple[str, ...], code: int, told: str
) -> None:
    said = ask("quarantine", *arguments)
    assert said.code == code
    assert told in said.err


def test_nothing_held_is_said(in_night: Path, ask: Ask) -> None:
    assert ask("quarantine", "list").out == "Ingen tall holdes tilbake.\n"


def test_what_somebody_released_stops_nothing_when_checked(home: Path, ask: Ask) -> None:
    table = "staging.population_by_municipality"
    failed = {key: result(table, key, "block", False, key) for key in ("k1", "k9")}
    settings = Settings()

    def states() -> list[str]:
        with warehouse.connect_to_check(settings.rooms) as con:
            released = quality_commands._released(settings, con)
        return [quality_commands._state(one, released) for one in failed.values()]

    assert states() == ["STOPPER", "STOPPER"]
    ask("quarantine", "release", "ssb_population", "--by", "Kari", "--reason", "Rettet.")
    assert states() == ["frigitt", "STOPPER"]
    ask("quarantine", "drop", "ssb_population", "--by", "Ola", "--reason", "Nei.")
    assert states() == ["STOPPER", "STOPPER"]


@pytest.mark.process
def test_only_commands_that_validate_pay_for_great_expectations(home: Path) -> None:
    code = (
        "import sys; from flows import cli\n"
        "for words in (['status'], ['sources'], ['query', 'from audit.night'], ['mail', 'list'],\n"
        "              ['quarantine', 'list'], ['prune', '--dry-run'], ['watchdog']):\n"
        "    cli.run(words)\n"
        "print('great_expectations' in sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=CHECKOUT)
    assert done.stderr.splitlines()[-1] == "False"


def test_suites_are_run_by_hand(in_night: Path, ask: Ask) -> None:
    said = ask("check", "population_by_municipality", "--all")
    assert said.code == 0
    holding = "ok        staging.population_by_municipality holder. Passer på: "
    assert holding in said.out
    assert "staging.population_by_municipality: " in said.out.splitlines()[-1]
    assert "0 stopper." in said.out
    assert ask("check", "ssb_population").out.splitlines()[-1] == said.out.splitlines()[-1]
    found: list[dict[str, Any]] = json.loads(ask("check", "mart.school", "--json").out)
    assert {one["success"] for one in found} == {True}
    wrong = ask("check", "mart.schol")
    assert wrong.code == 1
    assert "mart.school" in wrong.err


def test_pages_tell_what_failed_and_carry_no_markup_of_the_data(home: Path) -> None:
    night = data_docs.write(Rooms(home))
    text = night.read_text(encoding="utf-8")
    page = (night.parent / "staging.population_by_municipality.html").read_text(encoding="utf-8")
    assert "<script" not in text + page
    assert "Tallene er &lt;script&gt;" in text
    assert 'href="staging.population_by_municipality.html#h-k1"' in text
    assert 'id="h-k1"' in page
    assert "frigitt" in page
    assert "Folketallet er galt" in text
    assert "<th>områdekode</th><th>personer</th>" in page
    assert "<td>5001</td><td>-3</td>" in page
    assert "i tallene som er publisert" in page
    assert "hemmelig" not in "".join(f.read_text() for f in night.parent.glob("*.html"))
    assert "20. november 2026: holdt ikke" in page
    # What holds does not read as a fault; what fails is told as it is.
    assert '<span class="watches">Passer på:</span> Tallene er' in page
    assert "<h3>Få innbyggere.</h3>" in page
    assert page.count("Passer på:") == 1
    assert "EKSEMPELDATA" in page
    assert "://" not in page
    assert "2026-11-21/index.html" in (night.parent.parent / "index.html").read_text()
    assert not list(night.parent.glob("*.part"))


def test_the_list_of_nights_counts_the_demands_of_each_table(home: Path) -> None:
    night = data_docs.write(Rooms(home))
    counted = '<td class="number">4</td>' + "".join(
        f'<td class="number">{n}</td>' for n in (1, 1, 1, 1)
    )
    for page, folder in ((night, ""), (night.parent.parent / "index.html", "2026-11-21/")):
        text = page.read_text(encoding="utf-8")
        assert f'<a href="{folder}staging.population_by_municipality.html">' in text
        assert counted in text


def test_failing_rows_are_a_small_table(capsys: pytest.CaptureFixture[str]) -> None:
    failing = replace(
        result("staging.x", "k", "block", False, "Galt."),
        unexpected=json.dumps([{"area_code": "5001", "persons": -3, "note": "x" * 80}]),
    )
    quality_commands._print_results([failing], ["STOPPER"], False)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "STOPPER   staging.x: Galt. (12 rader)"
    assert said[1].split() == ["områdekode", "personer", "note"]
    assert said[3].split()[:2] == ["5001", "-3"]
    assert max(map(len, said)) < 80
    wide = {f"figure_{n}": "x" * 30 for n in range(6)}
    quality_commands._print_sample(replace(failing, unexpected=json.dumps([wide])))
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == ["figure_0", "figure_1"]
    assert said[3] == "          … og figure_2, figure_3, figure_4, figure_5 (--json)"
    values = replace(failing, unexpected="[1, 2]")
    quality_commands._print_results([values], ["STOPPER"], False)
    assert capsys.readouterr().out.splitlines()[1] == "          blant dem 1, 2"


def test_pages_of_old_nights_go_and_leave_the_list(home: Path) -> None:
    rooms = Rooms(home)
    shutil.rmtree(data_docs.write(rooms).parent)
    data_docs.write_index(rooms)
    listed = (rooms.docs / "index.html").read_text()
    assert "2026-11-21" not in listed
    assert "staging." not in listed
