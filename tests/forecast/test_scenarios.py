"""Scenarios: files that planners edit, and what they make of drawn quantities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tasks.errors import ConfigurationError, WrongUse
from tasks.forecast.scenario import ChangedRate, Enterprise, difference
from tasks.scenarios import FOLDER, chosen, read_scenarios
from tasks.settings import Project

WHOLE = 'title = "T"\ndescription = "D"\n'


def written(folder: Path, **files: str) -> Path:
    (folder / FOLDER).mkdir(parents=True)
    for name, text in files.items():
        (folder / FOLDER / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def test_the_scenarios_of_the_house_can_be_read_and_say_what_they_are() -> None:
    found = read_scenarios(Project().reference)
    assert len(found) >= 5
    for name, scenario in found.items():
        assert scenario.id == name
        assert scenario.description.strip().endswith((".", "."))
        assert all(supposed.source for supposed in (*scenario.enterprise, *scenario.rate))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "TOML"),
        (WHOLE, "antar ingenting"),
        (WHOLE + 'projection = "middle"', "'main', 'low' eller 'high'"),
        (WHOLE + "guarantee_from = 1900", "minst 2000"),
        (WHOLE + "guarantee = 2028", "ukjent nøkkel"),
        (WHOLE + 'guarantee_from = "snart"', "heltall"),
        (WHOLE + '[[rate]]\nquantity = "luck"\npoints = 1\nyear = 2027', "'placement'"),
        (WHOLE + '[[rate]]\nquantity = "stay"\npoints = 101\nyear = 2027', "høyst 100"),
        (WHOLE + "[[places]]\npercent = -101\nyear = 2027", "minst -100"),
        (WHOLE + "[[places]]\npoints = 5\nyear = 2027", "points: er en ukjent"),
        (WHOLE + '[[enterprise]]\nname = "F"\nindustry = "10-33"\nyear = 2027', "municipality"),
        (
            WHOLE + '[[staffing]]\noccupation = "5321"\nfrom_age = 90\nto_age = 80\n'
            'per_thousand = 1\nyear = 2027\nsource = "S"',
            "to_age er lavere",
        ),
    ],
)
def test_a_mistake_is_told_with_its_file_and_a_remedy(tmp_path: Path, text: str, said: str) -> None:
    folder = written(tmp_path, feil=text)
    with pytest.raises(ConfigurationError) as refused:
        read_scenarios(folder)
    assert "feil.toml" in str(refused.value)
    assert said in str(refused.value)


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    folder = written(tmp_path, a="title = ", b=WHOLE, c=WHOLE + "guarantee_from = 2028")
    with pytest.raises(ConfigurationError) as refused:
        read_scenarios(folder)
    assert "a.toml" in str(refused.value)
    assert "b.toml" in str(refused.value)
    assert "c.toml" not in str(refused.value)


def test_scenarios_come_in_the_order_asked_for_each_once(tmp_path: Path) -> None:
    text = WHOLE + "guarantee_from = 2028"
    folder = written(tmp_path, a=text, b=text)
    assert [s.id for s in chosen(folder, ["b", "a", "b"])] == ["b", "a"]
    with pytest.raises(WrongUse, match="garanti"):
        chosen(written(tmp_path / "x", laereplassgaranti=text), ["laereplasgaranti"])


def test_jobs_come_in_equal_steps() -> None:
    plant = Enterprise(
        name="F", industry="10-33", municipality="5038", year=2029, jobs=300, years_to_full=3
    )
    assert plant.jobs_in((2028, 2029, 2030, 2031, 2032)).tolist() == [0, 100, 200, 300, 300]


def test_a_change_is_of_a_programme_an_area_or_all() -> None:
    change = ChangedRate(quantity="placement", programme="HS", points=30, year=2028)
    assert change.applies_to("HS", "HSHEA2----")
    assert not change.applies_to("BA", "BAANL2----")
    one = change.model_copy(update={"programme": "HSHEA2----"})
    assert one.applies_to("HS", "HSHEA2----")
    assert not one.applies_to("HS", "HSBUA2----")
    assert change.model_copy(update={"programme": "*"}).applies_to("BA", "BAANL2----")


def test_a_difference_is_that_of_each_draw() -> None:
    base = np.random.default_rng(1).normal(100, 20, (500, 3)).astype(np.float32)
    parts, more = difference(base, base + np.array([0, 5, -5], np.float32))
    # The draws spread by twenty, the difference by nothing.
    np.testing.assert_allclose(parts, np.tile([0, 5, -5], (4, 1)), atol=1e-3)
    assert more.tolist() == [0, 1, 0]
    with pytest.raises(ValueError, match="other draws"):
        difference(base, base[:10])
