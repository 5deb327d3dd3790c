"""What is not the same, by name: files, packages, machine, rules, choices and vintages."""

from __future__ import annotations

from typing import Any

from tasks import made_with, runs
from tasks.decisions import causes
from tasks.settings import CHECKOUT, Project


def made() -> dict[str, Any]:
    return {"files": made_with.code_files(), "environment": made_with.environment()}


def test_the_same_program_on_the_same_machine_has_no_changes() -> None:
    assert causes.program(made(), made()) == []


def test_what_a_figure_passes_through_is_kept_and_nothing_else() -> None:
    files = made()["files"]
    assert {"tasks/forecast/balance.py", "tasks/sources/pxweb.py", "tasks/runs.py"} <= set(files)
    assert not any(name.startswith("tasks/publish/") for name in files)
    assert all((CHECKOUT / name).is_file() for name in files)


def test_the_packages_of_the_lock_file_are_told_as_they_are_installed() -> None:
    environment = made()["environment"]
    assert {"polars", "numpy", "duckdb"} <= set(environment["packages"])
    assert len(environment["lock_sha256"]) == 64
    assert environment["machine"]


def test_files_packages_and_machine_are_named() -> None:
    then, now = made(), made()
    now["files"]["tasks/forecast/balance.py"] = "f" * 64
    now["files"]["tasks/forecast/new.py"] = "e" * 64
    del now["files"]["tasks/runs.py"]
    now["environment"] |= {"lock_sha256": "d" * 64, "machine": "riscv64"}
    now["environment"]["packages"] = {**now["environment"]["packages"], "numpy": "99.0"}
    found = {(one.kind, one.what): (one.then, one.now) for one in causes.program(then, now)}
    assert found.pop(("program", "tasks/forecast/new.py")) == ("fantes ikke", "e" * 12)
    assert found.pop(("program", "tasks/runs.py"))[1] == "fjernet"
    assert found.pop(("program", "tasks/forecast/balance.py"))[1] == "f" * 12
    assert found.pop(("bibliotek", "numpy"))[1] == "99.0"
    assert found.pop(("bibliotek", "deploy/requirements.lock"))[1] == "d" * 12
    assert found.pop(("maskin", "prosessorarkitektur"))[1] == "riscv64"
    assert not found


def test_a_value_of_a_rule_is_told_as_it_is_written_there() -> None:
    then = runs.rule_files(Project().reference, [])
    text = then["rules/thresholds.toml"].decode()
    assert "value = 0.8" in text
    now = {**then, "rules/thresholds.toml": text.replace("value = 0.8", "value = 0.9").encode()}
    assert causes.rules(then, then) == []
    (one,) = causes.rules(then, now)
    assert (one.what, one.then, one.now) == ("rules/thresholds.toml: certainty", "0,8", "0,9")


def test_rules_that_come_and_go_are_told() -> None:
    then = {
        "rules/a.toml": b"[[post]]\nname = 'x'\n[limit]\nvalue = 15\nconfidence = 'confirmed'\n"
    }
    now = {"rules/a.toml": b"[limit]\nvalue = 15\nconfidence = 'unconfirmed'\n"}
    found = {one.what: (one.then, one.now) for one in causes.rules(then, now)}
    assert found == {
        "rules/a.toml: post.nr. 1.name": ("x", causes.NONE),
        "rules/a.toml: limit.confidence": ("confirmed", "unconfirmed"),
    }


def test_choices_and_vintages_of_two_runs() -> None:
    def manifest(**changed: Any) -> dict[str, Any]:
        row = {"dataset": "a", "title": "Folketall", "snapshot": "a" * 64, "as_of": "2026-11-20"}
        parameters = {"county": "50", "draws": 400, "horizon": 15, "scenarios": []}
        whole = {"school_year": "2027/28", "seed": 1, "parameters": parameters, "vintages": [row]}
        return whole | changed

    row = manifest()["vintages"][0] | {"snapshot": "b" * 64, "as_of": "2027-05-02"}
    new = {"dataset": "b", "title": "Kapasitet", "snapshot": "c" * 64, "as_of": "2027-05-02"}
    now = manifest(seed=2, vintages=[row, new])
    assert causes.vintages(manifest(), manifest()) == causes.choices(manifest(), manifest()) == []
    found = [(one.what, one.then, one.now) for one in causes.vintages(manifest(), now)]
    assert found == [
        ("Folketall", f"hentet 2026-11-20 ({'a' * 12})", f"hentet 2027-05-02 ({'b' * 12})"),
        ("Kapasitet", "ikke levert", f"hentet 2027-05-02 ({'c' * 12})"),
    ]
    assert [str(one) for one in causes.choices(manifest(), now)] == ["frø: 1 → 2"]
