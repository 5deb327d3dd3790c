from __future__ import annotations

from pathlib import Path

import pytest

from tasks.errors import ConfigurationError
from tasks.intake_rules import read_intake_rules
from tasks.settings import Project

RULES = Project().reference / "rules" / "intake.toml"


def test_the_bundled_rules_are_read() -> None:
    rules = read_intake_rules(RULES.parent)
    assert rules.rounds == 2
    assert set(rules.quotas) == {"ID", "MD"}
    assert len(rules.quotas["MD"].schools) == 5
    assert all(q.share <= 0.5 for q in rules.quotas.values()), "at most half (opplæringsforskrifta)"
    assert rules.quotas["ID"].points == (0.0, 7.0, 15.0)
    assert len(rules.points_mean) == 16


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = RULES.read_text(encoding="utf-8")
    for old, new in (
        ("first = 0.03", "first = 3"),
        ("vg2 = 0.04\n", ""),
        ("chance = [0.55, 0.30, 0.15]", "chance = [0.55, 0.30, 0.25]"),
        ("PB = 38.5", "PBX = 38.5"),
        ("low = 10.0", "low = 70.0"),
        ("detour = 1.35", "detour = 0.5"),
        ("[stays]\nvalue = 0.9", "[stays]\nvalue = 1.9"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    (tmp_path / "intake.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        read_intake_rules(tmp_path)
    told = str(error.value)
    for part in (
        "[turned_down] first: er 3, ventet høyst 1",
        "[special] vg2: mangler",
        "andelene er 1.1 til sammen, ventet 1",
        "PBX",
        "high er 60, ventet mer enn low, 70",
        "[fallback] detour: er 0.5, ventet minst 1",
        "[stays] value: er 1.9, ventet høyst 1",
    ):
        assert part in told


def test_a_programme_has_one_quota(tmp_path: Path) -> None:
    text = RULES.read_text(encoding="utf-8").replace('programme = "MD"', 'programme = "ID"')
    (tmp_path / "intake.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="én gang"):
        read_intake_rules(tmp_path)
