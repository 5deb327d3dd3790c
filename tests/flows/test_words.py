"""The words of refusals: what is wrong in Norwegian, what the engine says behind it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from flow_tools import Ask

from flows import norwegian, show
from tasks import catalogue, dates, disk, heads, home, sql_errors, touched, warehouse
from tasks.alerts import words
from tasks.settings import Project, Rooms


@pytest.mark.usefixtures("clean_environment")
def test_a_setting_that_is_one_of_some_words_names_them(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILBUDSPLAN_SMTP_SECURITY", "ssl")
    said = ask("status")
    assert said.code == 1
    assert "TILBUDSPLAN_SMTP_SECURITY er 'ssl', ventet ett av ordene starttls, tls" in said.err
    assert " eller none." in said.err


@pytest.mark.parametrize(
    ("sql", "wrong", "remedy"),
    [
        ("selct 1", "noe som ikke er SQL ved «selct»", "skrevet feil"),
        ("select (1", "noe som ikke er SQL ved «1»", "skrevet feil"),
        ("select 'a", "en tekst uten siste anførselstegn", "tilbudsplan query"),
        ("select nam from mart.school", "en ukjent kolonne, «nam»", "mente du «name»? Ellers se"),
        ("select s.nam from mart.school s", "en ukjent kolonne i «s», «nam»", "mente du «name»?"),
        ("from mart.school limit x", "en ukjent kolonne, «x»", "explain"),
        ("select x.name from mart.school", "ikke er nevnt i FROM, «x»", "mente du «school»?"),
        ("from mart.skole", "en ukjent tabell, «skole»", "mente du «school»?"),
        ("from skjema.tabell", "en ukjent tabell, «skjema.tabell»", "tilbudsplan query"),
        ("select lenght(name) from mart.school", "en ukjent funksjon, «lenght»", "«length»"),
        ("select sum(name) from mart.school", "ikke tar det den fikk, «sum(VARCHAR)»", "cast("),
        ("select name, count(*) from mart.school", "«name», som verken er gruppert", "group by"),
        ("from mart.school a join mart.school b on name = name", "flere tabeller, «name»", "foran"),
        ("select cast('a' as int)", "en tekst, «a», som ikke lar seg gjøre om", "try_cast"),
    ],
)
def test_what_is_wrong_with_a_query_is_told_in_norwegian(sql: str, wrong: str, remedy: str) -> None:
    con = warehouse.in_memory()
    con.execute("create schema if not exists mart")
    con.execute("create table mart.school (school_code varchar, name varchar)")
    with pytest.raises(duckdb.Error) as raised:
        con.execute(sql).fetchall()
    said = sql_errors.told(raised.value)
    assert wrong in said[0]
    assert "Error" not in said[0] + said[1]
    assert remedy in said[1]
    assert said[2].endswith(str(raised.value).strip())


def test_a_text_that_is_not_known_is_told_as_it_is() -> None:
    said = sql_errors.told(duckdb.InvalidInputException("Invalid Input Error: odd"))
    assert said[0] == "Invalid Input Error: odd"
    assert said[2] == ""


@pytest.fixture
def rooms(tmp_path: Path, clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> Rooms:
    """A home whose warehouse is one table."""
    made = Rooms(tmp_path / "home")
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(made.home))
    made.warehouse.parent.mkdir(parents=True)
    with duckdb.connect(str(made.warehouse)) as con:
        con.execute("create schema mart")
        con.execute("create table mart.school (school_code varchar, name varchar)")
    return made


@pytest.mark.usefixtures("rooms")
def test_a_query_is_refused_with_the_engines_text_at_the_end(ask: Ask) -> None:
    said = ask("query", "select nam from mart.school")
    assert said.code == 2
    assert "men fikk en ukjent kolonne, «nam». Gjør slik: mente du «name»?" in said.err
    assert "\n\nDuckDB sier: Binder Error: Referenced column" in said.err


@pytest.mark.parametrize("made", [True, False])
@pytest.mark.usefixtures("clean_environment")
def test_an_empty_home_is_told_the_same_way_by_all(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: bool
) -> None:
    folder = tmp_path / "new"
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(folder))
    if made:
        folder.mkdir()
    told = home.no_night(folder)
    for command in (("status",), ("doctor",), ("quarantine", "list"), ("watchdog",)):
        assert told in ask(*command).out, command
    assert ask("quarantine", "list").code == 0
    assert json.loads(ask("quarantine", "list", "--json").out) == []


def test_dates_have_one_form_in_prose_and_one_in_tables() -> None:
    late = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
    assert dates.day(date(2026, 3, 1)) == "1. mars 2026"
    assert dates.day(late) == "26. november 2026"
    assert dates.moment(late) == "26. november 2026 kl. 00:30"
    assert show.text(late) == "2026-11-26 00:30"
    assert show.text(date(2026, 3, 1)) == "2026-03-01"


def test_sizes_have_a_decimal_comma() -> None:
    assert disk.megabytes(6_340_000) == "6,3 MB"


def test_owners_are_written_as_people_write_them() -> None:
    owners = {d.owner for d in catalogue.load(Project().catalogue)}
    told = {words.owner(owner) for owner in owners}
    assert {"opplæring", "økonomi", "inntak"} <= told
    assert not [one for one in told if "ae" in one or one.startswith("okonomi")]


@pytest.mark.parametrize(
    ("titles", "told"),
    [
        ([], []),
        (["A"], ["tabellen «A»"]),
        (["A", "B"], ["tabellene «A», «B»"]),
        (list("ABCDEFGH"), ["tabellene «A», «B», «C», «D», «E», «F» og 2 til"]),
    ],
)
def test_what_a_fault_touches_says_table_once(titles: list[str], told: list[str]) -> None:
    assert touched._shortened(titles) == told


def test_help_lists_the_commands_in_order_of_use(ask: Ask) -> None:
    page = ask("--help").out
    listed = [line.split()[0] for line in page.partition("Kommandoer:")[2].splitlines() if line]
    assert [name for name in listed if name in norwegian.ORDER] == list(norwegian.ORDER)


def test_heads_of_columns_are_norwegian_and_codes_are_told_from_names() -> None:
    assert heads.head("municipality_code") == "kommunenummer"
    assert heads.head("pupils_mark") == "merke for elever"
    assert heads.head("no_such_column") == "no_such_column"
    # A name and its code are two columns, and so is every other pair in one table.
    same = Counter(heads.HEADS[name] for name in heads.HEADS)
    twice = {told: n for told, n in same.items() if n > 1}
    assert set(twice) <= {"før", "trinn", "tilbud", "telt"}
