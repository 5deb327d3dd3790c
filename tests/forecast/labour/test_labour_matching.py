from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labour_tools import COUNTY, declared, made_up

from tasks.forecast.labour import matching, staffing
from tasks.forecast.labour.frames import build

RULES = declared()


def fitted(**changes: object) -> tuple:
    data = build(made_up(5, **changes), COUNTY)
    employed = staffing.fit(data).employed
    return data, employed, matching.fit(data, RULES, employed)


@given(seed=st.integers(0, 500))
@settings(max_examples=8, deadline=None)
def test_matrices_sum_to_one_and_every_cell_is_logged(seed: int) -> None:
    data = build(made_up(seed), COUNTY)
    found = matching.fit(data, RULES, staffing.fit(data).employed)
    np.testing.assert_allclose(found.strict.sum(axis=1), 1)
    np.testing.assert_allclose(found.flexible.sum(axis=1), 1)
    columns = found.flexibility.sum(axis=0)
    np.testing.assert_allclose(columns[columns > 0], 1)
    log = found.log(data)
    assert len(log) == (found.strict > 0).sum()
    assert log.get_column("step").is_in(matching.STEPS).all()
    assert log.null_count().sum_horizontal().item() == 0
    assert log.get_column("confidence").unique().to_list() == ["skjønn"]


def test_thin_cells_step_down_and_say_so() -> None:
    shares = np.zeros((4, 1, 2))
    shares[0], shares[1], shares[2], shares[3] = [0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]
    persons = np.array([[[40.0, 5]], [[50, 29]], [[900, 31]], [[1, 1]]])
    share, step, n = matching.waterfall(shares, persons, 30)
    assert step.tolist() == [[0, 2]]
    assert n.tolist() == [[40, 31]]
    np.testing.assert_allclose(share, [[0.9 / 1.2, 0.3 / 1.2]])
    _, step, _ = matching.waterfall(shares, np.full((4, 1, 2), 30.0), 30)
    assert step.tolist() == [[0, 0]]
    _, step, _ = matching.waterfall(shares, np.zeros((4, 1, 2)), 30)
    assert step.tolist() == [[3, 3]]


def test_an_occupation_that_the_county_closes_rests_on_the_nation() -> None:
    frames = made_up(5)
    rows = frames["employed_by_area_occupation"]
    closed = rows.with_columns(
        pl.when(pl.col("occupation_code").str.starts_with("53") & (pl.col("digits") == 4))
        .then(None)
        .otherwise("employed")
        .alias("employed")
    )
    data = build({**frames, "employed_by_area_occupation": closed}, COUNTY)
    found = matching.fit(data, RULES, staffing.fit(data).employed)
    place = data.occupations.index("532")
    steps = set(found.step[place][found.strict[place] > 0].tolist())
    assert steps == {matching.STEPS.index("programme × nation")}
    people = data.national[-1].sum(axis=-1)
    codes = [data.codes.index(c) for c in ("5321", "5329")]
    wanted = people[codes] @ data.weight[codes] / people[codes].sum()
    np.testing.assert_allclose(found.strict[place], wanted, atol=1e-9)


def test_the_widest_step_has_the_levels_of_the_table() -> None:
    frames = made_up(5)
    data = build(frames, COUNTY)
    found = matching.fit(data, replace(RULES, waterfall_min=1e9), staffing.fit(data).employed)
    secondary = [i for i, t in enumerate(data.targets) if t not in ("UH", "FS", "INGEN")]
    # Of 1,000 in the group 500 have upper secondary, 100 none, 350 a university: those levels that
    # the crosswalk knows in group 53 are secondary and none.
    row = found.strict[data.occupations.index("532")]
    assert row[secondary].sum() == pytest.approx(5 / 6)
    assert row[data.targets.index("INGEN")] == pytest.approx(1 / 6)


def test_flexible_is_the_mean_of_the_group_and_keeps_its_people() -> None:
    data, employed, found = fitted()
    of = employed.sum(axis=1)
    strict, flexible = (
        data.to_groups(found.strict * of[:, None]),
        data.to_groups(found.flexible * of[:, None]),
    )
    np.testing.assert_allclose(strict, flexible)
    inside = data.group_of == 0
    np.testing.assert_allclose(
        found.flexible[inside], found.flexible[inside][:1].repeat(3, 0)[: inside.sum()]
    )


@given(seed=st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_demand_adds_up_over_targets_and_regions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    jobs = rng.uniform(0, 40, (4, 6, 3, 5)).astype(np.float32)
    matrix = rng.dirichlet(np.ones(4), 6)
    needed = matching.demand(jobs, matrix)
    np.testing.assert_allclose(needed.sum(axis=1), jobs.sum(axis=1), rtol=1e-4)
    merged = jobs[:, :, :1] + jobs[:, :, 1:2]
    np.testing.assert_allclose(
        matching.demand(merged, matrix), needed[:, :, :1] + needed[:, :, 1:2], rtol=1e-4
    )
    np.testing.assert_allclose(matching.demand(jobs * 3, matrix), 3 * needed, rtol=1e-4)


def test_reachable_openings_are_at_least_what_the_open_occupations_give() -> None:
    data, _, found = fitted()
    jobs = np.full((len(data.occupations), 2, 3), 10.0)
    reached = matching.reachable(jobs, found, 0.0)
    np.testing.assert_allclose(reached, 10.0 * len(data.occupations))
    narrow = matching.reachable(jobs, found, RULES.reach_share)
    assert (narrow <= reached).all()
    used = found.strict.sum(axis=0) > 0
    assert (narrow[used] > 0).all()


def test_coverage_is_all_or_nothing_when_the_rows_are() -> None:
    data, _, loose = fitted()
    jobs = np.ones((len(data.occupations), 2))
    assert matching.coverage(loose, jobs, staffing_firm=True).max() == 0
    _, _, firm = fitted(confidence="published")
    share = matching.coverage(firm, jobs, staffing_firm=True)
    used = firm.strict.sum(axis=0) > 0
    np.testing.assert_allclose(share[used], 1)
    assert matching.coverage(firm, jobs, staffing_firm=False).max() == 0


def test_the_widest_step_is_as_loose_as_the_loosest_of_the_group() -> None:
    frames = made_up(5, confidence="published")
    rows = frames["occupation_programme_area"].with_columns(
        pl.when(pl.col("occupation_code") == "5329")
        .then(pl.lit("skjønn"))
        .otherwise("confidence")
        .alias("confidence")
    )
    data = build({**frames, "occupation_programme_area": rows}, COUNTY)
    employed = staffing.fit(data).employed
    skilled, assistants = data.occupations.index("532"), data.occupations.index("531")
    target = data.targets.index("HSHEA2----")
    narrow = matching.fit(data, RULES, employed)
    wide = matching.fit(data, replace(RULES, waterfall_min=1e9), employed)
    judged = matching.CONFIDENCE.index("skjønn")
    assert narrow.rank[assistants, target] == -1
    assert narrow.strict[assistants, target] == 0
    assert wide.rank[assistants, target] == judged
    assert wide.rank[skilled, target] == judged
    assert wide.firm.max() == 0


def test_one_loose_row_makes_its_target_loose() -> None:
    frames = made_up(5, confidence="published")
    rows = frames["occupation_programme_area"].with_columns(
        pl.when(pl.col("occupation_code") == "5321")
        .then(pl.lit("skjønn"))
        .otherwise("confidence")
        .alias("confidence")
    )
    data = build({**frames, "occupation_programme_area": rows}, COUNTY)
    found = matching.fit(data, RULES, staffing.fit(data).employed)
    rank = matching.weakest_rank(found, np.ones(len(data.occupations)))
    words = dict(zip(data.targets, [matching.CONFIDENCE[r] for r in rank], strict=True))
    assert words["HSHEA2----"] == "skjønn"
    assert words["TPPIN2----"] == "published"
    share = matching.coverage(found, np.ones((len(data.occupations), 1)), staffing_firm=True)
    assert 0 < share[data.targets.index("HSHEA2----"), 0] < 1
