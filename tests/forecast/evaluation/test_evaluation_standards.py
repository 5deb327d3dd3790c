from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from tasks.errors import ConfigurationError
from tasks.forecast.evaluation import standards
from tasks.rules import read_standards
from tasks.settings import Project

RULES = Project().reference / "rules"


def test_the_declared_rules_are_those_of_the_track_record() -> None:
    found = read_standards(RULES)
    assert (found.coverage.low, found.coverage.high, found.coverage.least_outcomes) == (
        0.75,
        0.85,
        400,
    )
    assert found.gates == {1: 1.0, 3: 2.5, 5: 4.5}
    assert found.bias == 1.0
    assert (found.change.band, found.change.certainty) == (0.05, 0.8)
    assert found.nominal_years == 4


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("low = 0.75", "low = 0.9", r"\[coverage\] low"),
        ("value = [100, 1000]", "value = [1000, 100]", r"\[size_classes\]"),
        ("value = [0.0, 0.5, 0.8, 1.0]", "value = [0.5, 1.5]", r"\[damping\]"),
        ("horizon_3 = 2.5", "", "horizon_3"),
        ("value = 5\n", "value = 2.5\n", "heltall"),
        ("value = 4\n", "value = 0\n", r"\[nominal_years\]"),
        ("value = 0.05\n", "value = 5\n", r"\[change_band\]"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    shutil.copy(RULES / "thresholds.toml", tmp_path)
    file = Path(shutil.copy(RULES / "evaluation.toml", tmp_path))
    text = file.read_text(encoding="utf-8")
    assert text.count(right) == 1
    file.write_text(text.replace(right, wrong), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=told):
        read_standards(tmp_path)


def test_a_gate_is_of_error_and_bias_both() -> None:
    measured = pl.DataFrame(
        {
            "horizon": [1, 2, 3, 5],
            "mape": [0.9, 9.0, 2.6, 4.0],
            "bias": [0.5, 0.0, 0.1, -1.2],
        }
    )
    found = standards.gated(measured, read_standards(RULES)).sort("horizon")
    assert found["horizon"].to_list() == [1, 3, 5]
    assert found["holds"].to_list() == [True, False, False]
