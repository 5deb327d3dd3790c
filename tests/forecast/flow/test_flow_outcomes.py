from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from flow_county import make

from tasks.errors import NotFound
from tasks.forecast.flow import outcomes
from tasks.forecast.flow.model import Model
from tasks.forecast.flow.states import ABSORBING, Kind
from tasks.forecast.flow.transitions import Posterior


def followed(model: Model, years: int, draws: int = 3) -> outcomes.Outcomes:
    began = np.concatenate([model.space.where(Kind.GRADE_10), model.space.where(Kind.PUPIL)])
    without = Posterior(np.tile([3e7, 7e7], (2, 1)))
    return outcomes.outcomes(model, began, without, seed=1, county="50", draws=draws, years=years)


def fundamental(model: Model) -> np.ndarray:
    """Chance of each end from each state: (I - Q)⁻¹ R, with the hubs as states of their own."""
    size = len(model.space.nodes)
    matrix = np.zeros((size, size))
    matrix[model.edges.origin, model.edges.target] = model.alpha[0]
    matrix /= np.maximum(matrix.sum(axis=1, keepdims=True), 1e-300)
    hubs = [model.space.where(k) for k in (Kind.APPLY, Kind.PLACED, Kind.UNPLACED)]
    for apply, placed, unplaced in zip(*hubs, strict=True):
        matrix[apply, placed], matrix[apply, unplaced] = 0.7, 0.3
    ends = model.space.absorbing
    inside = np.setdiff1d(np.arange(size), ends)
    within, out = matrix[np.ix_(inside, inside)], matrix[np.ix_(inside, ends)]
    chances = np.zeros((size, len(ends)))
    chances[inside] = np.linalg.solve(np.eye(len(inside)) - within, out)
    return chances


def test_in_the_long_run_the_shares_are_those_of_the_fundamental_matrix() -> None:
    model = make(evidence=1e7)
    found = followed(model, 60)
    chances = fundamental(model)
    ends = [model.space.nodes[i].kind for i in model.space.absorbing]
    assert set(ends) <= set(ABSORBING)
    lookup = {code: i for i, code in enumerate(model.space.codes)}
    for place, code in enumerate(found.began):
        for kind in set(ends):
            want = chances[lookup[code], [e == kind for e in ends]].sum()
            got = found.shares[:, place, found.ends.index(kind), -1]
            assert got == pytest.approx(np.full(3, want), abs=1e-3)


def test_completion_rises_with_years_and_never_above_one() -> None:
    found = followed(make(), 12, draws=50)
    share = np.stack([found.completed(y) for y in range(1, 13)])
    assert (np.diff(share, axis=0) >= -1e-6).all()
    assert share.max() <= 1 + 1e-5
    # General programme: three years; nobody is through in two.
    place = found.began.index("pupil:GE1:1")
    assert share[1, :, place].max() == 0
    assert share[2, :, place].min() > 0.4


def test_completion_is_held_against_the_newest_published_cohort() -> None:
    model = make()
    began = model.space.where(Kind.PUPIL)[:3]
    without = Posterior(np.tile([30.0, 70.0], (2, 1)))
    found = [
        outcomes.outcomes(
            model, began, without, seed=1, county="50", draws=200, years=6, group=group
        )
        for group in range(2)
    ]
    rows = [
        (county, start, start + 6, code, percent)
        for county, start in (("50", 2018), ("50", 2019), ("0", 2019))
        for code, percent in (("00", 100.0), ("01", start - 1960.0), ("02", 18.0), ("06", 9.0))
    ]
    columns = ["county_code", "cohort_start", "observed_year", "outcome_code", "percent"]
    published = pl.DataFrame(rows, columns, orient="row")
    entrants = np.array([[90.0, 50.0, 40.0], [10.0, 70.0, 20.0]])
    check = outcomes.check_completion(found, entrants, published, "50")
    assert (check.cohort, check.years) == (2019, 6)
    assert check.published == pytest.approx(0.77)
    shares = np.stack([one.completed(6).mean(axis=0) for one in found])
    want = np.average(shares, weights=entrants)
    assert check.model == pytest.approx(want, rel=1e-5)
    assert check.low < check.model < check.high
    with pytest.raises(NotFound, match="ssb_completion"):
        outcomes.check_completion(found, entrants, published, "34")
