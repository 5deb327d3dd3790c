"""A plan as it lies on disk, what is set by hand, and the rules that it is held to."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime

import polars as pl
import pytest

from tasks import plan_amendments, plans, runs, table_folder
from tasks.errors import ConfigurationError, LandingCorrupt, NotFound, WrongUse
from tasks.place_rules import declared_of, read_place_rules
from tasks.settings import Project, Rooms, Settings

NOW = datetime(2026, 11, 27, tzinfo=UTC)
TABLES = {"goals": pl.DataFrame({"goal": ["a"], "value": [1.5]})}
INPUTS = {"college": pl.DataFrame({"offer_code": ["x"]})}


def written(tmp_path, tables=TABLES):
    rooms = Rooms(tmp_path)
    return rooms, plans._write(rooms, {"run": "2027-28-run"}, tables, INPUTS, NOW)


def test_what_is_written_is_read_back_with_its_inputs(tmp_path):
    rooms, plan = written(tmp_path)
    stored = plans.read_plan(rooms, plan)
    assert stored.tables["goals"].equals(TABLES["goals"])
    kept = pl.read_parquet(rooms.plans / plan / "inputs" / "college.parquet")
    assert kept.equals(INPUTS["college"])
    assert written(tmp_path)[1] == plan, "the same plan is the same folder"
    other = {"goals": TABLES["goals"].with_columns(value=2.0)}
    assert written(tmp_path, other)[1] != plan


def test_tampering_and_loss_are_seen(tmp_path):
    rooms, plan = written(tmp_path)
    file = rooms.plans / plan / "goals.parquet"
    other = TABLES["goals"].with_columns(value=9.0)
    other.write_parquet(file)
    with pytest.raises(LandingCorrupt, match="en annen fil"):
        plans.read_plan(rooms, plan)
    file.unlink()
    with pytest.raises(LandingCorrupt, match="ingen fil"):
        plans.read_plan(rooms, plan)
    with pytest.raises(NotFound):
        plans.read_plan(rooms, "../runs")


@pytest.mark.parametrize("separator", [",", ";"])
def test_classes_set_by_hand_are_read_as_excel_writes_them(tmp_path, separator):
    path = tmp_path / "fast.csv"
    head = separator.join(plan_amendments.COLUMNS)
    number = "1,5" if separator == ";" else "1.5"
    row = separator.join(("874558052", "BABAT1----", number, "vedtatt"))
    path.write_text(f"\ufeff{head}\n{row}\n", encoding="utf-8")
    assert plan_amendments.read_csv(path) == {("874558052", "BABAT1----"): (1.5, "vedtatt")}


@pytest.mark.parametrize("number", ["1.3", "-1", "to", ""])
def test_a_number_of_classes_that_is_none_is_refused(tmp_path, number):
    path = tmp_path / "fast.csv"
    path.write_text(f"{','.join(plan_amendments.COLUMNS)}\n1,A,{number},x\n", encoding="utf-8")
    with pytest.raises(WrongUse, match="klasser"):
        plan_amendments.read_csv(path)


def test_the_same_class_set_twice_is_refused(tmp_path):
    path = tmp_path / "fast.csv"
    rows = "1,A,1,x\n2,A,1,x\n1,A,2,y\n"
    path.write_text(f"{','.join(plan_amendments.COLUMNS)}\n{rows}", encoding="utf-8")
    with pytest.raises(WrongUse, match="to ganger: 1 A"):
        plan_amendments.read_csv(path)


def test_a_file_that_is_not_there_or_lacks_a_column_is_refused(tmp_path):
    with pytest.raises(WrongUse):
        plan_amendments.read_csv(tmp_path / "ingen.csv")
    path = tmp_path / "fast.csv"
    path.write_text("skole,klasser\n1,2\n", encoding="utf-8")
    with pytest.raises(WrongUse, match="organisation_number"):
        plan_amendments.read_csv(path)


def changed(tmp_path, old, new):
    reference = tmp_path / "reference"
    shutil.copytree(Project().reference, reference)
    path = reference / "rules" / "places.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return reference


def test_first_choices_above_need_ask_for_a_reason(tmp_path):
    swapped = changed(tmp_path, 'id = "udekket_behov"', 'id = "x"')
    path = swapped / "rules" / "places.toml"
    text = path.read_text(encoding="utf-8").replace('id = "forstevalg"', 'id = "udekket_behov"')
    text = text.replace('id = "x"', 'id = "forstevalg"')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="§ 5-3"):
        read_place_rules(swapped)
    path.write_text(text.replace('reason = ""', 'reason = "Kullene faller"'), encoding="utf-8")
    order = [g.id for g in read_place_rules(swapped).rules.goal]
    assert order.index("forstevalg") < order.index("udekket_behov")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("tolerance = 0.005", "tolerance = 0.5", "tolerance"),
        ('id = "reise"', 'id = "kostnad"', "to ganger"),
        ("group_size = 15", "group_size = 0", "group_size"),
        ('value = "arbeidsliv"', 'value = "magefølelse"', "need_basis"),
    ],
)
def test_a_mistake_in_the_rules_is_told(tmp_path, old, new, said):
    with pytest.raises(ConfigurationError, match=said):
        read_place_rules(changed(tmp_path, old, new))


def test_what_a_plan_was_made_under_is_read_back_from_its_manifest():
    declared = read_place_rules(Project().reference)
    assert declared_of(json.loads(json.dumps(declared.told()))) == declared
    told = declared.told()
    del told["intake"]
    with pytest.raises(ConfigurationError, match=r"\(intake mangler\)"):
        declared_of(told)
    told = declared.told()
    told["rules"]["former"] = 1
    with pytest.raises(ConfigurationError, match="former er en ukjent nøkkel") as refused:
        declared_of(told)
    assert "pydantic" not in str(refused.value)


def test_goals_go_in_the_order_that_people_set_and_the_rest_after_them():
    declared = read_place_rules(Project().reference)
    file = [goal.id for goal in declared.rules.goal]
    found = declared.ordered(["reise", "kostnad"], "")
    order = [goal.id for goal in found.rules.goal]
    assert order == ["reise", "kostnad", *(g for g in file if g not in {"reise", "kostnad"})]
    assert {g.id: g for g in found.rules.goal} == {g.id: g for g in declared.rules.goal}


def test_an_order_with_first_choices_above_need_asks_for_a_reason():
    declared = read_place_rules(Project().reference)
    order = ["forstevalg", "udekket_behov"]
    with pytest.raises(ConfigurationError, match="§ 5-3"):
        declared.ordered(order, "")
    assert declared.ordered(order, "Små kull").rules.reason == "Små kull"


def test_a_goal_without_a_scale_cannot_be_ordered():
    told = read_place_rules(Project().reference).told()
    told["rules"]["goal"] = [g for g in told["rules"]["goal"] if g["id"] != "kostnad"]
    with pytest.raises(ConfigurationError, match="for kostnad"):
        declared_of(told).ordered(["kostnad"], "")


def test_the_countys_principles_without_a_case_number_are_unconfirmed():
    for principle in read_place_rules(Project().reference).principles.principle:
        assert principle.case_number or principle.confidence == "unconfirmed", principle.id


def test_a_plan_made_of_other_figures_is_not_asked_why(tmp_path, monkeypatch):
    rooms = Rooms(tmp_path)
    declared = read_place_rules(Project().reference)
    manifest = {
        "run": "2027-28-run",
        "school_year": "2027/28",
        "inputs": {"places": table_folder.sha256(table_folder.parquet_bytes(TABLES["goals"]))},
        "fixed": [],
        **declared.told(),
    }
    plan = plans._write(rooms, manifest, TABLES, INPUTS, NOW)
    changed_since = {"places": TABLES["goals"].with_columns(value=2.0)}
    run = runs.Run("2027-28-run", {"night": {"night": "a night of another home"}}, {})
    monkeypatch.setattr(plans.runs, "read", lambda *_: run)
    monkeypatch.setattr(plans, "read", lambda *_: changed_since)
    with pytest.raises(WrongUse, match="endret: places"):
        plans.restore(Settings(home=tmp_path), plan)


def test_what_nobody_has_confirmed_is_listed_from_every_file(tmp_path):
    before = read_place_rules(Project().reference).unconfirmed
    assert {file for file, *_ in before} == {
        "places.toml", "classes.toml", "intake.toml", "prinsipper.toml",
    }  # fmt: skip
    entries = {(file, entry) for file, entry, _ in before}
    assert ("places.toml", "[[goal]] udekket_behov") in entries
    assert ("places.toml", "[[choice]] BA") in entries
    assert ("places.toml", "[[combined]] 1") in entries
    assert ("places.toml", "[solver]") not in entries, "that one is confirmed"
    old = (
        'unit = "klasser per skole"\nsource = "Valg i denne løsningen: tall for klasserom er ikke '
    )
    old += 'levert"\nconfidence = "unconfirmed"'
    confirmed = changed(tmp_path, old, old.replace("unconfirmed", "confirmed"))
    gone = set(before) - set(read_place_rules(confirmed).unconfirmed)
    assert [entry for _, entry, _ in gone] == ["[classroom]"]
