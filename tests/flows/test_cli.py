"""The command line as a planner uses it: what it answers, how it refuses, and that it never
answers with a trace of the program."""

from __future__ import annotations

import csv
import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flow_tools import Ask, Said, date_of, suites_about, without_suites

from flows import checkup, commands
from tasks import catalogue, dates, night, runs
from tasks.demo.construct_persons import files, write
from tasks.demo.server import serve
from tasks.errors import WrongUse
from tasks.journal import Journal
from tasks.settings import CHECKOUT, Settings, oslo_today

COMMAND = [sys.executable, "-m", "flows.cli"]


pytestmark = pytest.mark.usefixtures("clean_environment")


def refused(said: Said, code: int, *parts: str) -> None:
    assert said.code == code, said
    assert not said.out
    for part in parts:
        assert part in said.err, f"{part!r} not in {said.err!r}"


# Help -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ((), ("tilbudsplan demo", "doctor", "Kommandoer:", "Valg:", "Vis denne hjelpen")),
        (("ingest",), ("DATASETT", "--as-of", "--full", "Eksempel: tilbudsplan ingest")),
        (("plan",), ("run", "dimensjonering")),
        (("plan", "run"), ("--school-year", "2027/28", "påkrevd", "--seed", "Eksempel:")),
        (("query",), ("SELECT", "--csv", "--json", 'tilbudsplan query "from mart.')),
        (("report",), ("KJØRING", "--json")),
        (("status",), ("Siste natt", "--json")),
        (("sources",), ("datasettene", "--json")),
        (("doctor",), ("hva som må gjøres", "--json")),
        (("demo",), ("eksempeldata",)),
    ],
)
def test_help_teaches_in_norwegian(
    ask: Ask, arguments: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    said = ask(*arguments, "--help")
    assert said.code == 0
    text = " ".join(said.out.split())
    for part in parts:
        assert part in text
    for english in ("Options", "Commands", "Arguments", "Show this message", "[required]"):
        assert english not in text


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; from flows import cli; code = cli.run(['--help']);"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr);"
        "sys.exit(code)"
    )
    done = process([sys.executable, "-c", script])
    assert done.code == 0
    heavy = {"prefect", "polars", "duckdb", "great_expectations", "pydantic", "requests", "numpy"}
    assert not heavy & set(done.err.split())


def test_flow_files_are_short() -> None:
    # The picture of the pipeline must fit in one look.
    for name in ("nightly.py", "yearly.py"):
        lines = (CHECKOUT / "flows" / name).read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 120, name


# Reading --------------------------------------------------------------------------------------


def test_sources_lists_every_dataset_with_its_age(ask: Ask, in_night: Path) -> None:
    listed = json.loads(ask("sources", "--json").out)
    assert {"ssb_population", "klass_municipalities", "county_capacity"} <= {
        entry["dataset"] for entry in listed
    }
    delivered = [entry for entry in listed if not entry["awaited"]]
    assert {entry["as_of"] for entry in delivered} == {date_of(in_night).isoformat()}
    assert all(entry["licence"] and entry["owner"] and entry["source_table"] for entry in listed)
    table = ask("sources")
    assert table.code == 0
    assert "07459" in table.out


def test_what_is_awaited_is_shown_and_is_neither_old_nor_alarming(ask: Ask, in_night: Path) -> None:
    ordered = "county_education_occupation"
    listed = {entry["dataset"]: entry for entry in json.loads(ask("sources", "--json").out)}
    assert listed[ordered]["awaited"] is True
    assert listed["county_capacity"]["awaited"] is False
    facts = json.loads(ask("status", "--json").out)
    assert ordered in {entry["dataset"] for entry in facts["awaited"]}
    assert ordered not in {vintage["dataset"] for vintage in facts["stale"]}
    assert ordered not in {alert["dataset"] for alert in facts["alerts"]}
    said = ask("status").out
    assert "Ventes, meldt og ikke levert: " in said
    assert f"({ordered}), arbeidsmarked" in said


def test_sources_before_any_night(ask: Ask) -> None:
    said = ask("sources", "--json")
    assert said.code == 0
    assert {entry["as_of"] for entry in json.loads(said.out)} == {None}


def test_status_tells_night_stale_and_alerts(ask: Ask, in_night: Path) -> None:
    facts = json.loads(ask("status", "--json").out)
    assert facts["night"]["as_of"] == date_of(in_night).isoformat()
    assert facts["run"] is None
    assert facts["report"] is None
    for vintage in facts["stale"]:
        assert vintage["dataset"]
        assert vintage["stale_reason"]
    said = ask("status")
    assert said.code == 0
    assert f"tall per {dates.day(date_of(in_night))}" in said.out
    assert "Siste plan: ingen ennå" in said.out


def test_whoever_looks_at_the_sample_is_told(ask: Ask, in_night: Path) -> None:
    for command in ("status", "sources", "doctor"):
        assert "ksempeldata (profil demo)" in ask(command).out, command
    listed = {entry["dataset"]: entry for entry in json.loads(ask("sources", "--json").out)}
    assert listed["county_capacity"]["constructed"] is True
    assert listed["klass_municipalities"]["constructed"] is False
    assert "konstruert" in ask("sources").out


def test_findings_are_told_in_norwegian_words(ask: Ask, in_night: Path) -> None:
    facts = json.loads(ask("status", "--json").out)
    kinds = {alert["kind"] for alert in facts["alerts"]}
    assert {"freshness", "warn"} <= kinds
    said = ask("status").out
    assert "for gammel, 1. natt" in said
    assert "advarsel, 1. natt" in said
    for alert in facts["alerts"]:
        assert f"{alert['title']} ({alert['dataset']})" in said
    for word in (*kinds, "{", "unexpected", "expect_"):
        assert word not in said


def test_status_tells_a_night_that_failed_until_one_is_built(
    ask: Ask, copy_of_night: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copy_of_night()
    day = date_of(home).isoformat()
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(home))
    assert json.loads(ask("status", "--json").out)["failed"] is None
    journal = Journal(home / "journal")
    journal.append("night.failed", {"night": "later", "reason": "kilden var borte"})
    facts = json.loads(ask("status", "--json").out)
    assert facts["failed"]["reason"] == "kilden var borte"
    assert facts["night"]["as_of"] == day
    said = ask("status").out
    assert "Mislykket natt: " in said
    assert "kilden var borte" in said
    # Built and then not published: it failed, and does not count as the last night.
    for kind in ("night.built", "night.failed"):
        payload = {"night": "last", "as_of": "2030-01-01", "reason": "disken er full"}
        journal.append(kind, payload)
    facts = json.loads(ask("status", "--json").out)
    assert facts["failed"]["reason"] == "disken er full"
    assert facts["night"]["as_of"] == day
    journal.append("night.built", {"night": "next", "as_of": "2030-01-02"})
    facts = json.loads(ask("status", "--json").out)
    assert (facts["failed"], facts["night"]["as_of"]) == (None, "2030-01-02")


def test_status_before_any_night_says_what_to_do(ask: Ask) -> None:
    assert json.loads(ask("status", "--json").out)["night"] is None
    said = ask("status")
    assert said.code == 0
    assert "tilbudsplan demo" in said.out


def test_query_as_table_json_and_csv_agree(ask: Ask, in_night: Path) -> None:
    sql = (
        "select school, pupils / 3 as third, constructed from mart.pupils_by_school_year "
        "order by all limit 4"
    )
    rows = json.loads(ask("query", sql, "--json").out)
    assert [list(row) for row in rows] == [["school", "third", "constructed"]] * 4

    text = ask("query", sql, "--csv").out
    assert text.startswith("\ufeff")
    assert "\r\n" in text
    header, *cells = list(csv.reader(io.StringIO(text[1:]), delimiter=";"))
    assert header == ["school", "third", "constructed"]
    assert [float(cell[1].replace(",", ".")) for cell in cells] == [row["third"] for row in rows]
    assert all("." not in cell[1] for cell in cells)
    assert {cell[2] for cell in cells} <= {"ja", "nei"}

    table = ask("query", sql).out
    for row in rows:
        assert row["school"] in table


def test_csv_never_carries_a_formula(ask: Ask, in_night: Path) -> None:
    said = ask("query", "select '=HYPERLINK(1)' as a, '@x' as b, -5 as c", "--csv")
    (cells,) = list(csv.reader(io.StringIO(said.out[1:]), delimiter=";"))[1:]
    assert cells == ["'=HYPERLINK(1)", "'@x", "-5"]


def test_query_without_sql_lists_what_there_is_to_ask_of(ask: Ask, in_night: Path) -> None:
    listed = json.loads(ask("query", "--json").out)
    by_name = {entry["table_name"]: entry for entry in listed}
    pupils = by_name["mart.pupils_by_school_year"]
    assert "skoleår" in pupils["row_is"]
    (counted,) = json.loads(
        ask("query", f"select count(*) n from {pupils['table_name']}", "--json").out
    )
    assert pupils["rows"] == counted["n"]
    assert not [name for name in by_name if name.startswith(("raw.", "restricted."))]
    assert "mart.programme" in ask("query").out


def test_a_long_table_is_cut_and_says_so(ask: Ask, in_night: Path) -> None:
    said = ask("query", "select range from range(1000)")
    assert len(said.out.splitlines()) == 202
    assert "--csv og --json gir alle" in said.err
    assert len(json.loads(ask("query", "select range from range(1000)", "--json").out)) == 1000


def test_restricted_rows_are_not_within_reach(ask: Ask, in_night: Path) -> None:
    names = {row["schema"] for row in json.loads(ask("query", "show all tables", "--json").out)}
    assert names
    assert not names & {"restricted", "raw"}


# Refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("statsu",), ("Ingen kommando heter", "statsu", "Mente du", "status")),
        (("status", "--jsn"), ("finnes ikke noe valg", "--jsn")),
        (("status", "extra"), ("for mange argumenter", "extra")),
        (("ingest", "--as-of", "22.11.2026"), ("22.11.2026", "ventet en dato som 2026-11-22")),
        (("ingest", "--as-of", "2026-02-30"), ("2026-02-30", "ventet en dato som")),
        (("plan", "run"), ("--school-year", "mangler")),
        (("plan", "run", "--school-year", "2027/29"), ("'2027/29'", "to år på rad", "2027/28")),
        (("plan", "run", "--school-year", "2027-28"), ("'2027-28'", "to år på rad")),
        (("plan", "run", "--school-year", ""), ("to år på rad",)),
        (("plan", "run", "--school-year", "2027/28", "--draws", "3"), ("--draws", "minst 50")),
        (("plan", "run", "--school-year", "2027/28", "--draws", "99999"), ("høyst 20000",)),
        (("plan", "run", "--school-year", "2027/28", "--seed", "x"), ("--seed", "helt tall")),
        (
            ("plan", "run", "--school-year", "2027/28", "--scenario", "laereplasgaranti"),
            ("--scenario", "'laereplasgaranti'", "mente du «laereplassgaranti»"),
        ),
        (("query", "select 1", "--json", "--csv"), ("--json eller --csv", "begge")),
    ],
)
def test_wrong_use_is_told_in_norwegian(
    ask: Ask, arguments: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    said = ask(*arguments)
    refused(said, 2, "Feil bruk:", *parts)
    for english in ("Invalid value", "No such", "Missing", "Usage", "does not match", "than"):
        assert english not in said.err


@pytest.mark.parametrize("arguments", [(), ("plan",)])
def test_asking_for_nothing_gives_the_help_page(ask: Ask, arguments: tuple[str, ...]) -> None:
    said = ask(*arguments)
    refused(said, 2, "Kommandoer:")
    assert "Feil" not in said.err


def test_a_date_to_come_is_refused(ask: Ask) -> None:
    to_come = oslo_today() + timedelta(days=2)
    refused(ask("ingest", "--as-of", to_come.isoformat()), 2, str(to_come), "har vært")


def test_a_date_before_the_first_night_is_refused(ask: Ask, in_night: Path) -> None:
    refused(ask("ingest", "--as-of", "2020-01-01"), 1, "2020-01-01", "Gjør slik: ")
    refused(ask("query", "select 1", "--as-of", "2020-01-01"), 1, "ingest --as-of 2020-01-01")


def test_an_unknown_dataset_is_named_with_those_that_exist(ask: Ask, tmp_path: Path) -> None:
    refused(ask("ingest", "ssb_populatoin"), 1, "ssb_populatoin", "ssb_population")
    assert not (tmp_path / "empty").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("query", "select 1"),
        ("plan", "run", "--school-year", "2027/28"),
    ],
)
def test_what_needs_a_night_says_so(ask: Ask, arguments: tuple[str, ...]) -> None:
    refused(ask(*arguments), 1, "et publisert varehus", "tilbudsplan ingest")


def test_report_needs_a_plan(ask: Ask, in_night: Path) -> None:
    refused(ask("report"), 1, "minst én kjørt plan", "tilbudsplan plan run")
    refused(ask("report", "2027-28-nothing"), 1, "2027-28-nothing", "tilbudsplan plan run")
    refused(ask("report", "../../etc"), 1, "../../etc", "Gjør slik: ")


def test_an_unknown_run_is_named_with_the_newest(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(tmp_path))
    for number in range(7):
        manifest = {"school_year": "2027/28", "created_at": f"2026-11-0{number + 1}T12:00:00+00:00"}
        folder = tmp_path / "runs" / f"run-{number}"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    newest = "run-6, run-5, run-4, run-3, run-2;"
    refused(ask("report", "run-9"), 1, "run-9", newest, "status --json")
    facts = json.loads(ask("status", "--json").out)
    assert facts["run"] == "run-6"
    assert [run["run"] for run in facts["runs"]] == [f"run-{n}" for n in (6, 5, 4, 3, 2, 1, 0)]
    assert {run["school_year"] for run in facts["runs"]} == {"2027/28"}


def test_a_school_year_out_of_reach_is_refused_before_anything_starts(
    in_night: Path,
) -> None:
    rooms = Settings().rooms
    for year in ("2025/26", "2061/62"):
        with pytest.raises(WrongUse, match="et skoleår fra 2026/27 til 2040/41"):
            runs.check_ahead(rooms, year)
    runs.check_ahead(rooms, "2026/27")
    runs.check_ahead(rooms, "2040/41")


@pytest.mark.parametrize(
    "sql",
    [
        "drop table mart.programme",
        "delete from mart.programme",
        "insert into mart.programme select * from mart.programme",
        "update mart.programme set programme_code = 'x'",
        "create table mart.mine as select 1",
        "copy mart.programme to '{folder}/out.csv'",
        "attach '{folder}/other.duckdb' as other",
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from read_text('/etc/hostname')",
        "set enable_external_access = true",
        "install httpfs",
        "selct 1",
        "select * from mart.nothing",
        "select 1; select 2",
        "select 1; drop table mart.programme",
        "",
        "; -- nothing",
    ],
)
def test_only_reading_is_allowed(ask: Ask, in_night: Path, tmp_path: Path, sql: str) -> None:
    before = (in_night / "published" / "tilbudsplan.duckdb").read_bytes()
    said = ask("query", sql.format(folder=tmp_path))
    refused(said, 2, "Feil bruk: query: ", "kun lesing", "Gjør slik: ")
    assert not list(tmp_path.glob("*.csv")) + list(tmp_path.glob("*.duckdb"))
    assert (in_night / "published" / "tilbudsplan.duckdb").read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("sources",),
        ("status",),
        ("report",),
        ("query", "select 1"),
        ("ingest",),
        ("plan", "run", "--school-year", "2027/28"),
        ("demo",),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("TILBUDSPLAN_DRAWS", "abc")
    monkeypatch.setenv("TILBUDSPLAN_SMTP_PORT", "many")
    said = ask(*arguments)
    assert said.code == 1
    for part in ("TILBUDSPLAN_DRAWS er 'abc'", "TILBUDSPLAN_SMTP_PORT", "helt tall", "Gjør slik"):
        assert part in said.err
    assert "pydantic" not in said.err


@pytest.mark.parametrize(
    "arguments", [("ingest",), ("demo",), ("plan", "run", "--school-year", "2027/28")]
)
def test_a_home_that_cannot_be_written_is_named(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(tmp_path / "file" / "home"))
    said = ask(*arguments)
    assert said.code == 1
    assert str(tmp_path / "file") in said.err
    assert "Gjør slik: " in said.err


def test_a_fault_of_the_program_leaves_a_trace_in_the_log_only(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(_: bool) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr("flows.reading.sources", broken)
    log = tmp_path / "empty" / "logs" / "feil.log"
    refused(ask("sources"), 1, "Feil: ", "by nought", str(log))
    assert "Traceback" in log.read_text(encoding="utf-8")


# The doctor -----------------------------------------------------------------------------------


def checks(said: Said) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in json.loads(said.out)}


def test_the_doctor_finds_a_night_in_order(ask: Ask, in_night: Path) -> None:
    said = ask("doctor", "--json")
    found = checks(said)
    assert said.code == 0
    assert {check["state"] for check in found.values()} <= {"ok", "merk"}
    assert set(found) >= {"innstillinger", "katalog", "skriverett", "klokke", "nattlås", "e-post"}
    assert found["varehus"]["state"] == "ok"
    assert "Ingen feil" in ask("doctor").out


def test_the_doctor_does_not_call_an_empty_home_a_night_in_order(ask: Ask) -> None:
    said = ask("doctor")
    assert said.code == 0
    assert "Ingen feil, men ingen natt er kjørt ennå." in said.out
    assert "Alt i orden" not in said.out


def test_the_doctor_names_a_home_of_another_profile(
    ask: Ask, in_night: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILBUDSPLAN_PROFILE", "live")
    said = ask("doctor", "--json")
    assert said.code == 1
    assert "en mappe for profilen «demo»" in checks(said)["profil"]["found"]


def test_the_doctor_names_settings_that_cannot_be_read(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILBUDSPLAN_DRAWS", "7")
    said = ask("doctor", "--json")
    assert said.code == 1
    (check,) = checks(said).values()
    assert check["state"] == "feil"
    assert "TILBUDSPLAN_DRAWS er '7', ventet minst 50" in check["found"]
    assert "må rettes" in ask("doctor").out


def test_the_doctor_tries_the_mail_server(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers
        monkeypatch.setenv("TILBUDSPLAN_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("TILBUDSPLAN_SMTP_PORT", str(bound.getsockname()[1]))
        monkeypatch.setenv("TILBUDSPLAN_SMTP_PASSWORD", "hemmelig")
        said = ask("doctor", "--json")
    assert said.code == 1
    assert checks(said)["e-post"]["state"] == "feil"
    assert "TILBUDSPLAN_SMTP_HOST" in checks(said)["e-post"]["found"]
    assert "hemmelig" not in said.out + said.err


def test_the_doctor_names_a_profile_that_does_not_exist(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILBUDSPLAN_PROFILE", "dmeo")
    said = ask("doctor", "--json")
    assert said.code == 1
    assert "dmeo" in checks(said)["katalog"]["found"]


def test_the_doctor_finds_a_broken_journal(
    ask: Ask, copy_of_night: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copy_of_night()
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(home))
    journal = home / "journal" / "journal.jsonl"
    text = journal.read_text(encoding="utf-8")
    journal.write_text(text.replace(date_of(home).isoformat(), "2026-01-01", 1), encoding="utf-8")
    said = ask("doctor", "--json")
    assert said.code == 1
    assert "feil" in {checks(said)[name]["state"] for name in ("journal", "klokke")}


def test_the_doctor_asks_the_sources(ask: Ask, in_night: Path) -> None:
    said = ask("doctor", "--live", "--json")
    assert said.code == 0, said.out
    found = {check["name"].split(" ")[0]: check for check in json.loads(said.out)}
    assert set(found) > {d.id for d in catalogue.load(CHECKOUT / "data" / "catalogue")}
    assert found["ssb_population"]["state"] == "ok"
    assert found["county_education_occupation"]["state"] == "merk"
    assert "ikke er levert" in found["county_education_occupation"]["found"]


def test_the_doctor_says_what_to_change_when_a_source_has(
    ask: Ask, in_night: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve() as server:
        monkeypatch.setenv("TILBUDSPLAN_SOURCE_SERVER", server.url)
        server.misbehave("schema", "^/(ssb|udir)/", 100)
        server.misbehave("503", "^/nsr/", 100)
        said = ask("doctor", "--live", "ssb_neet", "udir_applicants", "nsr_schools", "--json")
    assert said.code == 1
    found = {check["name"].split(" ")[0]: check for check in json.loads(said.out)}
    assert found["ssb_neet"]["state"] == "feil"
    assert "variables.Region_ny i stedet for variables.Region" in found["ssb_neet"]["found"]
    assert found["udir_applicants"]["state"] == "feil"
    assert found["nsr_schools"]["state"] == "merk"
    assert "kunne ikke spørres" in found["nsr_schools"]["found"]
    assert "ssb_population" not in found


def test_persons_are_taken_told_of_and_purged(
    ask: Ask,
    copy_of_night: Callable[[], Path],
    with_prefect: Callable[[Path], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = with_prefect(copy_of_night())
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(home))
    monkeypatch.setenv("TILBUDSPLAN_PROFILE", "demo")
    assert "Ingen personfiler er over slettedatoen." in ask("purge").out
    for name, frame in files(1).items():
        if name.startswith("elever_"):
            write(home / "inbox" / "vigo" / name, frame.head(50))
    assert ask("ingest", "vigo_pupils").code == 0
    day = date_of(home)
    told = checks(ask("doctor", "--json"))["personfiler"]
    assert told["state"] == "ok"
    assert "1 tatt inn med 50 rader" in told["found"]
    later = oslo_today() + timedelta(days=1827)
    for module in (checkup, night):
        monkeypatch.setattr(module, "oslo_today", lambda: later)
    told = checks(ask("doctor", "--json"))["personfiler"]
    assert told["state"] == "feil"
    assert "tilbudsplan purge" in told["found"]
    shown = ask("purge", "--dry-run")
    assert "elever_2025-26.csv" in shown.out
    assert "Ingenting er slettet" in shown.out
    with suites_about("pupils"):
        (batch,) = json.loads(ask("purge", "--json").out)
    assert batch["rows"] == 50
    assert Journal(home / "journal").entries("persons.deleted")
    assert checks(ask("doctor", "--json"))["personfiler"]["found"] == "ingen er tatt inn"
    (home / "inbox" / "vigo" / "Testdal.csv").write_text("", encoding="utf-8")
    told = checks(ask("doctor", "--json"))["personfiler"]
    assert told["state"] == "feil"
    assert "elever_*.csv" in told["found"]
    assert "Testdal" not in told["found"]
    # A past night is built again without them, and says so.
    monkeypatch.setattr(commands, "oslo_today", lambda: later)
    with without_suites():
        rebuilt = ask("ingest", "--as-of", day.isoformat())
    assert f"elever_2025-26.csv ble slettet {dates.day(later)}" in rebuilt.out


def test_the_doctor_refuses_datasets_without_live(ask: Ask) -> None:
    refused(ask("doctor", "ssb_neet"), 2, "--live")
    refused(ask("doctor", "--live", "ssb_nett"), 1, "ssb_nett", "ssb_neet")


# As a process of its own ------------------------------------------------------------------------


def process(command: list[str], **environment: str) -> Said:
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(("arguments", "code"), [(["status"], 0), (["report"], 1), (["statsu"], 2)])
def test_exit_codes_of_the_process(in_night: Path, arguments: list[str], code: int) -> None:
    said = process([*COMMAND, *arguments])
    assert said.code == code
    for noise in ("Traceback", "nanobind", "Warning"):
        assert noise not in said.out + said.err


def test_a_reader_that_has_seen_enough_is_no_failure(in_night: Path) -> None:
    sql = "select repeat('x', 1000) as x from range(20000)"
    with subprocess.Popen(
        [*COMMAND, "query", "--csv", sql],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.readline()
        running.stdout.close()
        errors = running.stderr.read().decode()
    assert running.returncode == 0
    assert "Traceback" not in errors
