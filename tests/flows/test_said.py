"""What people say, from form to table: cases, the committee, own regions, and what explains it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import polars as pl
import pytest
from flow_tools import Ask, Said, date_of, settings_of, suites_about, without_suites

from flows import cli, sources
from tasks import borders, indicators, night, warehouse
from tasks.errors import ConfigurationError
from tasks.journal import Journal
from tasks.settings import CHECKOUT, Project, Rooms, Settings, oslo_today

pytestmark = pytest.mark.usefixtures("clean_environment")


@pytest.fixture
def home(copy_of_night: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = copy_of_night()
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(path))
    monkeypatch.setenv("TILBUDSPLAN_PROFILE", "demo")
    return path


def rows(home: Path, sql: str) -> list[tuple[Any, ...]]:
    with warehouse.connect_published(Rooms(home)) as con:
        return con.execute(sql).fetchall()


def done(ask: Ask, *arguments: str) -> str:
    said = ask(*arguments)
    assert said.code == 0, said.err
    return said.out


# Forms and cases ------------------------------------------------------------------------------


def filled(ask: Ask, folder: Path) -> Path:
    """A forum's form, filled in with one good row and one that cannot be taken."""
    file = folder / "fosen.xlsx"
    done(ask, "form", "forum", "--region", "forum-fosen", "--round", "2027", "--out", str(file))
    book = openpyxl.load_workbook(file)
    sheet = book["Skjema"]
    told = {
        "Kontaktperson": "Kari Nordmann",
        "E-post": "kari@example.org",
        "Rolle": "Sekretariat",
        "Forum": "Kompetanseforum i prøve",
    }
    cells = {cell.value: cell for row in sheet.iter_rows() for cell in row if cell.value}
    for label, cell in list(cells.items()):
        name = str(label).removesuffix(" *").strip()
        if name in told:
            sheet.cell(cell.row, cell.column + 1).value = told[name]
    head = {str(c.value).removesuffix(" *").strip(): c for c in cells.values() if c.value}
    first = head["Yrke"].row + 1
    for place, (occupation, year) in enumerate((("7411", 2029), ("9999999", 2029))):
        sheet.cell(first + place, head["Yrke"].column).value = occupation
        sheet.cell(first + place, head["År"].column).value = year
        sheet.cell(first + place, head["Prioritet"].column).value = 1
        sheet.cell(first + place, head["Begrunnelse"].column).value = "Elektrifisering"
        sheet.cell(first + place, head["Forslag til tiltak"].column).value = "Flere plasser"
    book.save(file)
    return file


@dataclass(frozen=True)
class Told:
    """A home in which people have said much since the night, built once.

    Attributes:
        home: The home.
        before: Needs and their states as the night had them.
        past: The night built again when all was said.
        day: The day that it was decided on.
        need: The need of the form that was dropped, as it is listed before anything is decided.
        offer: The offer that it is coupled to.
        refused: What is answered who begins without a day.
    """

    home: Path
    before: list[tuple[Any, ...]]
    past: Path
    day: str
    need: dict[str, Any]
    offer: str
    refused: Said


NEEDS = "select need_id, state from mart.need order by all"


def command(*arguments: str) -> Said:
    """What `ask` does, for fixtures of a module."""
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = cli.run(list(arguments))
    return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def told(night_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("told")
    home = folder / "home"
    shutil.copytree(night_home, home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TILBUDSPLAN_HOME", str(home))
        patch.setenv("TILBUDSPLAN_PROFILE", "demo")
        patch.chdir(CHECKOUT)
        said = _said(home, folder)
        done(command, "build")
    yield said
    shutil.rmtree(folder)


def _said(home: Path, folder: Path) -> Told:
    settings, before = Settings(), rows(home, NEEDS)
    box = settings.rooms.forms / "inbox"
    box.mkdir(parents=True, exist_ok=True)
    shutil.copy(filled(command, folder), box)
    sources.hear(settings)
    assert list(box.iterdir()) == []
    listed = json.loads(done(command, "case", "list", "--json"))
    (mine,) = [need for need in listed if need["organisation"] == "Kompetanseforum i prøve"]

    by, day, setting = ("--by", "Seksjonen"), f"{oslo_today()}", ("case", "set", mine["need_id"])
    offer = rows(home, "select min(offer_code) from mart.education_offer")[0][0]
    done(command, *setting, "avklart", "--body", "vgo", "--decided", day, *by)
    done(command, *setting, "koblet", "--offer", offer, *by)
    refused = command(*setting, "igangsatt", *by)
    begun = ("--started", "2026-10-20", "--participants", "6")
    done(command, *setting, "igangsatt", *begun, *by)
    done(command, "case", "answer", mine["submission"], "brukt", "--reason", "Med i saken", *by)
    done(command, "case", "set", "k27-f01", "avklart", "--body", "vgo", *by)
    for number in range(1, 10):
        done(
            command, "indicators", "comment", f"rki-{number:02}", "--organisation",
            "statsforvalteren", "--by", "Prøve Prøvesen", "--text", "Lest.", "--base", "2026",
        )  # fmt: skip
    release = ("indicators", "release", "--by", "Komiteen", "--base", "2026")
    assert "er frigitt" in done(command, *release)
    with without_suites():
        past = night.rebuild(settings, date_of(home))
    return Told(home, before, past, day, mine, offer, refused)


def test_a_dropped_form_is_heard_by_the_night_and_becomes_a_case(
    ask: Ask, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, need = told.need, told.need["need_id"]
    assert (mine["occupation_code"], mine["state"], mine["verdict"]) == ("7411", "meldt", None)
    assert told.refused.code == 2
    assert "--started" in told.refused.err
    assert rows(
        told.home,
        "select state, body, offer_code, participants, answer, late from mart.need "
        f"where need_id = '{need}'",
    ) == [
        (
            "igangsatt",
            "Trøndelag fylkeskommune, videregående opplæring",
            told.offer,
            6,
            "brukt",
            True,
        )
    ]
    assert rows(
        told.home,
        f"select state, decided_on::varchar from mart.need_state_change where need_id = '{need}' "
        "and change = 1",
    ) == [("avklart", told.day)]
    # The person who filled it in is in a store of its own, and nowhere else.
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(told.home))
    monkeypatch.setenv("TILBUDSPLAN_PROFILE", "demo")
    assert "Kari Nordmann" in done(ask, "form", "contacts")
    rooms = Rooms(told.home)
    for path in (Journal(rooms.journal).path, rooms.warehouse):
        assert b"Kari Nordmann" not in path.read_bytes()
        assert b"kari@example.org" not in path.read_bytes()


def test_a_past_night_knows_no_later_word(told: Told) -> None:
    with warehouse.connect_read_only(told.past) as con:
        assert con.execute(NEEDS).fetchall() == told.before
    assert rows(told.home, "select state from mart.need where need_id = 'k27-f01'") == [
        ("avklart",)
    ]


def test_cases_are_listed_and_shown(ask: Ask, in_night: Path) -> None:
    assert "k26-b01" in done(ask, "case", "list", "--state", "igangsatt")
    unanswered = done(ask, "case", "list", "--unanswered")
    assert "k26-y01" in unanswered
    assert "k26-f01" not in unanswered
    shown = done(ask, "case", "show", "k26-b01")
    assert "kurs:A20:HAVBR-SIK:5014" in shown
    assert "avklart" in shown
    unknown = ask("case", "show", "k26-b99")
    assert unknown.code == 1
    assert "case list" in unknown.err


# The committee --------------------------------------------------------------------------------


def test_a_base_is_not_released_before_all_is_commented(ask: Ask, home: Path) -> None:
    early = ask("indicators", "release", "--by", "Komiteen", "--base", "2026")
    assert early.code == 2
    assert "rki-01" in early.err


def test_a_base_is_commented_released_and_corrected(
    ask: Ask, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    shutil.copytree(told.home, home)
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(home))
    monkeypatch.setenv("TILBUDSPLAN_PROFILE", "demo")
    assert rows(
        home, "select distinct release_state from mart.indicator_value where value is not null"
    ) == [("frigitt",)]
    (comment,) = rows(
        home,
        "select distinct comment from mart.indicator_value where indicator_code = 'rki-02'",
    )
    assert comment[0].count("\n") == 2  # three members have signed
    assert "Prøve Prøvesen" in comment[0]

    # The source changes a figure that was released.
    figures = pl.DataFrame(
        {"indicator_code": ["rki-02"], "area_code": ["50"], "year": [2024], "value": [9.8]}
    )
    journal = Journal(Rooms(home).journal)
    corrected = indicators.correct(
        journal, figures, base=2026, indicator="rki-02", reason="Revidert", corrected_by="Komiteen"
    )
    assert corrected.rows() == [("50", 2024, 9.9, 9.8)]
    # The source takes it back; what stands as released is then the correction.
    by = ("--by", "Komiteen", "--base", "2026")
    done(ask, "indicators", "correct", "rki-02", "--reason", "Som før", *by)
    with suites_about("indicator"):
        done(ask, "build")
    assert rows(
        home,
        "select old_value, new_value, reason from mart.indicator_correction order by correction",
    ) == [(9.9, 9.8, "Revidert"), (9.8, 9.9, "Som før")]
    assert rows(
        home,
        "select value, released_value, release_state, correction_reason from mart.indicator_value "
        "where indicator_code = 'rki-02' and area_code = '50' and year = 2024",
    ) == [(9.9, 9.9, "rettet", "Som før")]


def test_undefined_indicators_are_listed_and_never_invented(ask: Ask, in_night: Path) -> None:
    listed = json.loads(done(ask, "indicators", "list", "--area", "own-trondelagskysten", "--json"))
    assert len(listed) == 30
    undefined = [one for one in listed if one["status"] == "definisjon mangler"]
    assert len(undefined) == 21
    assert {one["value"] for one in undefined} == {None}
    # What is standardised by age, and what is of a survey, is not given for regions.
    assert {one["indicator_code"] for one in listed if one["value"] is not None} < {
        f"rki-{number:02}" for number in (1, 2, 3, 5, 6, 7)
    } | {"rki-08"}
    assert ask("indicators", "list", "--area", "nordpolen").code == 1


# Explanations ---------------------------------------------------------------------------------


def test_a_figure_is_explained_down_to_the_request(ask: Ask, in_night: Path) -> None:
    said = done(
        ask, "explain", "indicator_value.value", "--where", "area_code = '50' and year = 2024"
    )
    for part in (
        "Regionale kompetanseindikatorer",
        "value: indikatorens verdi i prosent",
        "9,9",
        "staging.neet_by_county_age",
        "Statistisk sentralbyrå: 13563",
        "øyeblikksbilde",
        "/tables/13563/data?",
    ):
        assert part.casefold() in said.casefold(), part
    whole = json.loads(done(ask, "explain", "mart.area", "--json"))
    assert whole["facts"]["key"] == "area_code"
    assert whole["columns"]["area_kind"]
    assert {source["name"] for source in whole["sources"]} >= {"mart.area_municipality"}


@pytest.mark.parametrize(
    ("arguments", "code", "told_of"),
    [
        (("explain", "indicator_valu"), 1, "mart.indicator_value"),
        (("explain", "area.area_cod"), 1, "area_code"),
        (("explain", "area", "--where", "kommune = 1"), 2, "kommune"),
        (("explain", "area", "--where", "1=1); drop table mart.area; --"), 2, "--where"),
        (("explain", "closed.pupils_left_by_programme_area"), 1, "et ukjent navn"),
    ],
)
def test_what_cannot_be_explained_is_refused(
    ask: Ask, in_night: Path, arguments: tuple[str, ...], code: int, told_of: str
) -> None:
    said = ask(*arguments)
    assert said.code == code
    assert told_of in said.err


def test_every_mart_can_be_explained(ask: Ask, in_night: Path) -> None:
    for (name,) in rows(
        in_night, "select table_name from audit.table where starts_with(table_name, 'mart.')"
    ):
        whole = json.loads(done(ask, "explain", name, "--json"))
        assert all(whole["columns"].values()), name
        leaves = {source["name"].split(".")[0] for source in whole["sources"]}
        assert leaves & {"raw", "reference", "journal"}, name


def test_every_row_says_where_it_comes_from(in_night: Path) -> None:
    with warehouse.connect_published(Rooms(in_night)) as con:
        marts = warehouse.tables(con, ["mart"])
        assert len(marts) > 100
        for name in marts:
            found = con.execute(
                f"select count(*), count(source), count(as_of) from {warehouse.quote(name)}"
            ).fetchall()[0]
            assert len(set(found)) == 1, name


# Own regions ----------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    for room in ("data/catalogue", "data/reference", "sql", "expectations"):
        shutil.copytree(CHECKOUT / room, root / room)
    return Project(root)


def own(project: Project, *lines: str) -> None:
    file = project.reference / "own_region.csv"
    file.write_text(
        "region,municipality_code,source,confidence\n" + "".join(f"{line}\n" for line in lines),
        encoding="utf-8",
    )


def test_a_named_set_of_municipalities_is_a_region_everywhere(
    project: Project, copy_of_night: Callable[[], Path]
) -> None:
    own(project, "Øyene våre,5014,prøve,unconfirmed", "Øyene våre,5056,prøve,unconfirmed")
    home = copy_of_night()
    night.build(night.begin(settings_of(home), project=project), [])
    for mart, figure in (
        ("population_by_area_age_year", "persons"),
        ("employed_by_area_industry", "employed"),
        ("establishments_by_area_industry_size", "establishments"),
        ("settlement_by_area_year", "settled"),
        ("education_offer_by_area", "offers"),
        ("need_outcome_by_area", "needs"),
        ("indicator_value", "value"),
    ):
        (found,) = rows(
            home, f"select count({figure}) from mart.{mart} where area_code = 'own-oyene-vare'"
        )
        assert found[0] > 0, mart
    # The sum is that of its municipalities.
    (sums,) = rows(
        home,
        "select sum(persons) filter (where area_code = 'own-oyene-vare'), "
        "sum(persons) filter (where area_code in ('5014', '5056')) "
        "from mart.population_by_area_age_year where age_group = '16' and year = 2026",
    )
    assert sums[0] == sums[1] > 0


def test_a_region_that_is_wrong_stops_the_night_and_leaves_yesterdays_figures(
    project: Project, copy_of_night: Callable[[], Path]
) -> None:
    own(project, "Kysten,5004,prøve,unconfirmed")
    settings = settings_of(copy_of_night())
    before = settings.rooms.warehouse.read_bytes()
    begun = night.begin(settings, project=project)
    with without_suites(), pytest.raises(ConfigurationError, match=r"5004 \(nå 5006\)"):
        night.build(begun, [])
    assert settings.rooms.warehouse.read_bytes() == before


@pytest.mark.parametrize(
    ("region", "code", "told_of"),
    [
        ("Kysten", "5004", "5004 (nå 5006)"),
        ("Kysten", "0301", "«Kysten»: 0301"),
        (None, "5001", "«uten navn»: 5001"),
        ("Kysten", None, "uten kommunenummer"),
    ],
)
def test_a_region_of_municipalities_that_do_not_exist_is_refused(
    region: str | None, code: str | None, told_of: str
) -> None:
    with duckdb.connect() as con:
        con.execute(
            """
            create schema staging; create schema reference;
            create table staging.municipality as from (values
                ('5001', date '2018-01-01', null::date), ('5006', date '2020-01-01', null),
                ('5004', date '2018-01-01', date '2020-01-01'), ('0301', date '2018-01-01', null)
            ) as t (municipality_code, valid_from, valid_to);
            create table staging.municipality_change as
                select '5004' as old_code, '5006' as new_code, date '2020-01-01' as changed_on;
            create table reference.municipality_split_weights (old_code varchar);
            create table reference.regions as select 'a' as region_code, 'intake' as kind;
            create table reference.region_membership as
                select 'a' as region_code, '5001' as municipality_code;
            create table reference.own_region as
                select 'Byen' as region, '5001' as municipality_code;
            """
        )
        con.execute("insert into reference.own_region values (?, ?)", [region, code])
        with pytest.raises(ConfigurationError) as refused:
            borders.load_own_regions(con, date(2026, 11, 20))
    assert told_of in str(refused.value)
    assert "Byen" not in str(refused.value)
    assert "own_region.csv" in str(refused.value)
