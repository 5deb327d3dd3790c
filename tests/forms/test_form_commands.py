"""The commands of forms: what they print, where they write, and their exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from form_tools import HEALTH, Desk

from flows import cli
from tasks.forms import look
from tasks.settings import CHECKOUT

Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Ask:
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(desk.settings.home))
    monkeypatch.setenv("TILBUDSPLAN_PROFILE", "demo")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.run(["form", *arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return code, said.out, said.err

    return run


def test_a_form_is_written_where_one_stands(ask: Ask, tmp_path: Path) -> None:
    code, out, _ = ask("laereplass", "--round", "2028")
    assert code == 0
    assert "skjema-laereplass-2028.xlsx" in out
    assert (tmp_path / "skjema-laereplass-2028.xlsx").is_file()
    code, _, err = ask("laereplass", "--round", "2028")
    assert code == 2
    assert "kan være fylt ut" in err


def test_a_region_without_a_forum_gets_the_hearing(ask: Ask, tmp_path: Path) -> None:
    out = tmp_path / "h.xlsx"
    region = ("--region", "forum-trondheimsregionen", "--round", "2027", "--out", str(out))
    code, said, _ = ask("forum", *region)
    assert code == 0
    assert "har ikke eget kompetanseforum" in said
    assert openpyxl.load_workbook(out)[look.CODES]["B1"].value == "hoering"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("forum",), 2, "--region med en av"),
        (("forum", "--region", "intake-fosen"), 2, "--region med en av"),
        (("bedrift", "--region", "atlantis"), 1, "«atlantis»"),
        (("bedrift", "--round", "1999"), 1, "«1999»"),
        (("take", "ingen.xlsx"), 1, "ingen fil"),
        (("contacts", "--delete", "x"), 1, "kontaktperson"),
        (("nabo",), 2, "nabo"),
        (("hoering", "--region", "forum-fosen"), 2, "form forum --region forum-fosen"),
        (("forum", "--region", "forum-tull"), 1, "en av forum-"),
    ],
)
def test_wrong_use_is_told(ask: Ask, arguments: tuple[str, ...], code: int, said: str) -> None:
    found, _, err = ask(*arguments)
    assert found == code
    assert said in err


def test_without_a_night_no_form_is_written(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(tmp_path / "new"))
    code, _, err = ask("bedrift")
    assert code == 1
    assert "tilbudsplan ingest" in err
    assert not list(tmp_path.glob("*.xlsx"))


def test_taking_says_what_came_of_each_file(ask: Ask, desk: Desk) -> None:
    path = desk.filled(HEALTH, HEALTH | {"År": "snart"})
    code, out, _ = ask("take", str(path))
    assert code == 0
    assert "1 rader tatt imot, 1 ikke" in out
    assert "Nr. 2: ikke tatt imot: År: «snart» er ikke et helt tall" in out
    assert "Kopi med svar:" in out
    code, out, _ = ask("take", "--json", str(path))
    (told,) = json.loads(out)
    assert (code, told["outcome"]) == (0, "unchanged")


def test_a_refused_file_is_a_failure_and_an_empty_inbox_is_not(ask: Ask, desk: Desk) -> None:
    assert ask("take")[0] == 0
    desk.drop(desk.filled(), "tom.xlsx")
    code, out, _ = ask("take")
    assert code == 1
    assert "ingen rader er fylt ut" in out


def test_contacts_are_listed_and_deleted(ask: Ask, desk: Desk) -> None:
    desk.taken(HEALTH)
    _, out, _ = ask("contacts", "--json")
    (told,) = json.loads(out)
    assert told["name"] == "Kari Strømsnes"
    assert "Kari Strømsnes" in ask("contacts")[1]
    code, out, _ = ask("contacts", "--delete", told["id"])
    assert code == 0
    assert "Strømsnes" not in out
    assert "Ingen kontaktpersoner" in ask("contacts")[1]


def test_help_is_norwegian(ask: Ask) -> None:
    for name in ("take", "forum", "contacts"):
        _, out, _ = ask(name, "--help")
        assert "Path" not in out
        assert "Options" not in out
    assert (CHECKOUT / "docs" / "forms.md").is_file()
