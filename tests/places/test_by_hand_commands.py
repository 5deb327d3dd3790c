"""«plan export» and «plan import» as a planner runs them."""

from __future__ import annotations

import json
import re

import openpyxl
import pytest
from small import AREAS
from stored import RUN_ID, free_plan

from flows import cli, show
from tasks import plan_amendments, plans
from tasks.publish import classes_sheet, formats

LAST = ("4", AREAS[4])


@pytest.fixture
def home(tmp_path, monkeypatch):
    settings, plan = free_plan(tmp_path / "home", monkeypatch)
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(settings.home))
    monkeypatch.chdir(tmp_path)
    return settings, plan


def exported(plan, name="møte.xlsx"):
    assert cli.run(["plan", "export", plan, "--out", name]) == 0
    return openpyxl.load_workbook(name), name


def filled(plan, school, new, reason):
    """The workbook with one row filled in; the first of the school."""
    book, name = exported(plan)
    row = next(r for r in book[classes_sheet.SHEET].iter_rows(min_row=6) if r[0].value == school)
    row[5].value, row[6].value = new, reason
    book.save(name)
    return name


def test_a_class_set_in_a_meeting_is_told_with_its_cost_and_distance(home, capsys):
    settings, free = home
    name = filled(free, "Skole 1", 1.5, "rommet er lovet bort")
    capsys.readouterr()
    assert cli.run(["plan", "import", name]) == 0
    told = " ".join(capsys.readouterr().out.split())
    made = told.partition("Ny plan: ")[2].split()[0]
    before, now = (plans.read_plan(settings.rooms, plan) for plan in (free, made))
    assert now.manifest["amends"] == free
    planned = show.text(before.tables["classes"]["classes"][0])
    assert f"– Skole 1, AAAAA1---- (Vg1): {planned} → 1,5: rommet er lovet bort" in told
    assert "Alle andre klasser står som de var." in told
    need, then = (formats.decimal(p.tables["goals"]["value"][0]) for p in (now, before))
    assert f"1 udekket behov enheter {then} {need} +" in told
    assert f"Avstand til planen uten noe satt for hånd ({free})" in told
    assert "Klasser som er andre: 0,5 klasser" in told


def test_what_follows_from_it_is_told_apart(home, capsys):
    name = filled(home[1], "Skole 1", 0, "rommet er lovet bort")
    capsys.readouterr()
    assert cli.run(["plan", "import", name, "--rest", "search"]) == 0
    told = capsys.readouterr().out
    assert re.search(r"Ikke satt for hånd, men endret, \d tilbud:\n  – Skole \d, ", told)


def test_an_untouched_workbook_makes_no_plan(home, capsys):
    _, name = exported(home[1])
    capsys.readouterr()
    assert cli.run(["plan", "import", name]) == 0
    assert "Ingenting er endret" in capsys.readouterr().out
    assert len(list(home[0].rooms.plans.iterdir())) == 1


def test_the_next_meeting_builds_on_the_last_and_may_undo_it(home, capsys):
    settings, free = home
    first = filled(free, "Skole 1", 1.5, "rommet er lovet bort")
    capsys.readouterr()
    assert cli.run(["plan", "import", first, "--json"]) == 0
    held = json.loads(capsys.readouterr().out)["plan"]
    second = filled(held, "Skole 3", 1.5, "flere søkere")
    capsys.readouterr()
    assert cli.run(["plan", "import", second, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    both = plans.read_plan(settings.rooms, said["plan"])
    assert set(plan_amendments.standing(both)) == {("1", AREAS[0]), ("3", AREAS[0])}
    assert said["unforced"] == free
    assert [c["school"] for c in said["classes"]] == ["Skole 3"]
    book, name = exported(both.id)
    for row in book[classes_sheet.SHEET].iter_rows(min_row=6):
        row[5].value = row[6].value = None
    book.save(name)
    capsys.readouterr()
    assert cli.run(["plan", "import", name]) == 0
    told = capsys.readouterr().out
    assert "Ingenting er satt for hånd lenger." in told
    assert f"Plan: {free}" in told


def test_a_csv_adds_to_what_is_set_in_the_plan_that_is_named(home, capsys, tmp_path):
    settings, free = home
    path = tmp_path / "vedtak.csv"
    path.write_text(f"{';'.join(plan_amendments.COLUMNS)}\n1;{AREAS[0]};2;rom\n", encoding="utf-8")
    assert cli.run(["plan", "import", str(path)]) == 2
    assert "uten --plan" in capsys.readouterr().err
    assert cli.run(["plan", "import", str(path), "--plan", free, "--json"]) == 0
    made = plans.read_plan(settings.rooms, json.loads(capsys.readouterr().out)["plan"])
    assert plan_amendments.standing(made) == {("1", AREAS[0]): (2.0, "rom")}


def test_a_csv_is_read_before_the_plan_is_made(home, capsys, tmp_path, monkeypatch):
    path = tmp_path / "vedtak.csv"
    path.write_text("skole\n1\n", encoding="utf-8")
    made = []
    monkeypatch.setattr(plans, "execute", lambda *arguments: made.append(arguments))
    assert cli.run(["plan", "places", RUN_ID, "--fixed", str(path)]) == 2
    assert "organisation_number" in capsys.readouterr().err
    assert not made


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan", "export", "ingen"], "plan i klasser"),
        (["plan", "import", "ingen.xlsx"], "ingen fil som kan leses"),
        (
            ["plan", "import", "m.xlsx", "--rest", "alt"],
            "er «alt», ventet en av hold, search",
        ),
    ],
)
def test_what_is_wrong_is_told_in_norwegian(home, capsys, arguments, said):
    assert cli.run(arguments) != 0
    assert said in capsys.readouterr().err.replace("'", "")


def test_a_folder_that_is_not_there_is_refused(home, capsys):
    assert cli.run(["plan", "export", home[1], "--out", "borte/klasser.xlsx"]) == 2
    assert "ingen mappe" in capsys.readouterr().err


def test_what_cannot_be_held_says_what_would_break_and_writes_nothing(home, capsys):
    name = filled(home[1], "Skole 4", 0, "ingen lærer")
    capsys.readouterr()
    assert cli.run(["plan", "import", name]) == 1
    told = capsys.readouterr().err
    # Those without a place, or without a seat in the classes that are left: which is the same cost.
    without = [float(n.replace(",", ".")) for n in re.findall(r"([0-9]+,[0-9]) elever\n", told)]
    assert sum(without) == 29.0
    assert "--rest search" in told
    assert len(list(home[0].rooms.plans.iterdir())) == 1
