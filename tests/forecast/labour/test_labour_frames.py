from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from labour_tools import CODES, COUNTY, GROUPS, HOMES, INDUSTRIES, REGIONS, YEARS, declared, made_up

from tasks.errors import ConfigurationError, NotFound
from tasks.forecast.labour.frames import REQUIRED, build
from tasks.labour_rules import read_labour_rules
from tasks.rules import read_rules
from tasks.settings import Project


def test_every_figure_stands_in_its_cell() -> None:
    frames = {k: f.sample(fraction=1, shuffle=True, seed=2) for k, f in made_up(9).items()}
    data = build(frames, COUNTY)
    assert (data.industries, data.groups, data.regions) == (INDUSTRIES, GROUPS, REGIONS)
    assert data.codes == tuple(sorted(CODES))
    assert data.years == YEARS
    rows = frames["employed_by_area_industry"]
    for area, industry, year, n in (
        rows.sample(20, seed=1).select("area_code", "industry_code", "year", "employed").iter_rows()
    ):
        at = data.years.index(year), data.industries.index(industry), data.regions.index(area)
        assert data.industry[at] == n
    codes = frames["employed_by_area_occupation"].filter(pl.col("digits") == 4)
    for area, code, n in (
        codes.filter(pl.col("year") == YEARS[-1])
        .select("area_code", "occupation_code", "employed")
        .iter_rows()
    ):
        place = data.codes.index(code)
        if area == COUNTY:
            assert data.code_county[place] == n
        else:
            assert data.code_region[place, data.regions.index(area)] == n
    assert data.national_edges == (15, 25, 40, 55, 67, 75)
    assert data.county_edges == (15, 25, 40, 55, 60, 75)
    people = frames["cohort_by_municipality_year"]
    for place, region in enumerate(REGIONS):
        mine = people.filter(
            (pl.col("municipality_code") == HOMES[region])
            & (pl.col("year") == 2030)
            & (pl.col("alternative") == "low")
            & (pl.col("age") == 7)
        )
        year = data.population_years.index(2030)
        assert data.population[1, place, 7, year] == mine.get_column("persons").item()
    np.testing.assert_array_equal(data.population[1, ..., :5], data.population[0, ..., :5])


def test_closed_cells_are_counted_and_never_zero() -> None:
    frames = made_up(9)
    rows = frames["employed_by_area_industry"]
    closed = rows.with_columns(
        pl.when(pl.col("area_code") == "intake-b", pl.col("industry_code") == "85")
        .then(None)
        .otherwise("employed")
        .alias("employed")
    )
    data = build({**frames, "employed_by_area_industry": closed}, COUNTY)
    assert (data.industry[:, 1, 1] == 2).all()
    note = data.notes.filter(pl.col("what") == "næring og region").row(0, named=True)
    assert note["cells"] == len(YEARS)
    assert note["of"] == len(YEARS) * 6


def with_hidden(per_cell: float) -> dict[str, pl.DataFrame]:
    """The same county, but sums leave out two cells of each occupation and age."""
    frames = dict(made_up(9))
    left = pl.lit(2).alias("hidden_cells")
    for name in ("employed_by_area_occupation", "employed_by_area_occupation_age"):
        less = (pl.col("employed") - 2 * per_cell).clip(0).alias("employed")
        frames[name] = frames[name].with_columns(less, left)
    group = made_up(9)["employed_by_area_occupation"].filter(pl.col("digits") == 2)
    totals = group.filter(pl.col("area_kind") == "intake").group_by("area_code", "year")
    # Industries add up to all who work, hidden or not.
    frames["employed_by_area_industry"] = (
        totals.agg(pl.col("employed").sum())
        .join(pl.DataFrame({"industry_code": INDUSTRIES}), how="cross")
        .with_columns(pl.col("employed") / len(INDUSTRIES), pl.lit("intake").alias("area_kind"))
    )
    return frames


@pytest.mark.parametrize("per_cell", [1.5, 3.0])
def test_what_sums_leave_out_is_found_from_the_industries(per_cell: float) -> None:
    data, whole = build(with_hidden(per_cell), COUNTY), build(made_up(9), COUNTY)
    np.testing.assert_allclose(data.group, whole.group)
    np.testing.assert_allclose(data.code_county, whole.code_county)
    np.testing.assert_allclose(data.group_age_county, whole.group_age_county)
    assert data.notes.row(0, named=True)["cells"] == 2 * 2 * 3 * len(YEARS)
    assert f"{per_cell:.2f}".replace(".", ",") in data.notes.row(0, named=True)["done"]


def test_a_difference_that_no_closed_cell_can_hold_is_not_believed() -> None:
    data = build(with_hidden(6.0), COUNTY)
    assert data.notes.row(0, named=True)["done"].startswith("2,50")


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_mart_is_named(name: str) -> None:
    frames = made_up(9)
    with pytest.raises(NotFound, match=name):
        build({k: v for k, v in frames.items() if k != name}, COUNTY)
    with pytest.raises(NotFound, match=name):
        build({**frames, name: frames[name].clear()}, COUNTY)


def test_an_occupation_without_a_row_goes_to_unknown() -> None:
    frames = made_up(9)
    rows = frames["occupation_programme_area"].filter(pl.col("occupation_code") != "7223")
    data = build({**frames, "occupation_programme_area": rows}, COUNTY)
    row = data.weight[data.codes.index("7223")]
    assert row[data.targets.index("UKJENT")] == 1
    assert row.sum() == 1
    note = data.notes.filter(pl.col("done") == "ført til UKJENT")
    assert note.get_column("cells").item() == 1


def test_a_gap_in_the_years_cuts_the_series() -> None:
    frames = made_up(9)
    rows = frames["employed_by_area_industry"].filter(pl.col("year") != 2019)
    assert build({**frames, "employed_by_area_industry": rows}, COUNTY).years == tuple(
        range(2020, 2026)
    )


def test_unknown_confidence_and_torn_ages_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="confidence"):
        build(made_up(9, confidence="trolig"), COUNTY)
    frames = made_up(9)
    rows = frames["employed_by_occupation"].filter(pl.col("age_group") != "25-39")
    with pytest.raises(ConfigurationError, match="aldersgrupper"):
        build({**frames, "employed_by_occupation": rows}, COUNTY)


def test_the_declared_rules_are_read_as_they_stand() -> None:
    rules = declared()
    assert rules.tightness_limits == (0.85, 1.0, 1.05, 1.15)
    assert {s.name for s in rules.services} == {"school", "kindergarten", "hospital", "care"}
    (care,) = [s for s in rules.services if s.name == "care"]
    assert care.by_age(100)[[0, 64, 65, 79, 80, 90, 99]].tolist() == [0.034] * 2 + [0.13] * 2 + [
        0.5,
        0.9,
        0.9,
    ]
    assert rules.certainty == 0.8


def test_all_mistakes_in_the_rules_are_shown_together(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(Project().reference / "rules", folder)
    rules = read_rules(folder)
    for name, old, new in (
        ("labour", 'value = 0.85\nunit = "andel per år"', 'value = 1.85\nunit = "andel per år"'),
        ("labour", "fair = 1.05", "fair = 0.95"),
        ("age_use", "from = [0, 65, 80, 90]", "from = [0, 80, 65, 90]"),
        ("nav_groups", 'confidence = "published"', 'confidence = "kanskje"'),
    ):
        text = (folder / f"{name}.toml").read_text(encoding="utf-8")
        assert old in text
        (folder / f"{name}.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_labour_rules(folder, rules)
    for word in ("[damping]", "[tightness_limits]", "[care]", "nav_groups.toml"):
        assert word in str(caught.value)
