from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tasks.errors import ConfigurationError
from tasks.rules import read_flow_rules
from tasks.settings import Project

RULES = Project().reference / "rules" / "flow.toml"


def changed(folder: Path, *changes: tuple[str, str]) -> Path:
    text = RULES.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "flow.toml").write_text(text, encoding="utf-8")
    return folder


def test_the_bundled_rules_are_read(tmp_path: Path) -> None:
    shutil.copy(RULES, tmp_path / "flow.toml")
    rules = read_flow_rules(tmp_path)
    assert 3 <= rules.years <= 5
    assert rules.years_in_training("ELELE3----") == 3
    assert rules.years_in_training("BATMF3----") == 2
    assert sum(rules.unplaced.shares.values()) == pytest.approx(1.0)
    assert rules.unplaced.evidence("out") == pytest.approx(
        rules.unplaced.shares["out"] * rules.unplaced.persons
    )


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    folder = changed(
        tmp_path,
        ("low = 1", "low = 0"),
        ("ELELE3---- = 3", "ELELE3---- = 2.5"),
        ("again = 0.43", "again = 0.63"),
        ("praksisbrev = 2\n", ""),
        ("value = 0.98", "value = 98"),
        ("completed = 0.45", "completed = 0.95"),
    )
    with pytest.raises(ConfigurationError) as error:
        read_flow_rules(folder)
    text = str(error.value)
    for part in (
        "[kappa_bounds] low: er 0, ventet mer enn 0",
        "[longer_training] ELELE3----: er 2.5, ventet et heltall",
        "[unplaced]: andelene er 1.2 til sammen, ventet 1",
        "[training_years] praksisbrev: mangler",
        "[straight_to_vg1] value: er 98, ventet høyst 1",
        "[college]: andelene er 1.1 til sammen, ventet høyst 1",
    ):
        assert part in text


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"flow\.toml: finnes ikke"):
        read_flow_rules(tmp_path)
