"""What the gap hangs on: a planted input comes first, and the same seed gives the same bytes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tasks.forecast import labour
from tasks.forecast.declared import Declared
from tasks.forecast.flow import assemble, cohort
from tasks.forecast.flow.engine import simulate
from tasks.forecast.flow.transitions import Posterior
from tasks.forecast.labour import matching
from tasks.forecast.labour.model import GROWTH, REPLACEMENT
from tasks.forecast.reasons.cells import Axes, Kept, Window
from tasks.forecast.reasons.uncertain import (
    INPUTS,
    PARTICIPATION,
    PLACES,
    STAY,
    Drawn,
    Gap,
)

SAMPLES = 64
WINDOW = Window(pupils=0, flow=0, labour=0, years=4)
KEY = (3, "50")
SURE = 1e7


@pytest.fixture(scope="module")
def gap(frames: dict[str, pl.DataFrame], declared: Declared) -> Gap:
    flow, working = (
        {n.removeprefix(p): f for n, f in frames.items() if n.startswith(p)}
        for p in ("flow.", "labour.")
    )
    county = assemble.build(flow, "50", declared.flow, WINDOW.flow_span)
    fitted = labour.fit(working, declared.labour, county="50", seed=3, horizon=4)
    regions = frames["flow.regions"]
    axes = Axes(
        programmes=("HS",),
        areas=("HSBUA2----", "HSHEA2----"),
        regions=fitted.data.regions,
        region_of=dict(regions.select("municipality_code", "region_code").iter_rows()),
        area_of=dict(frames["flow.trade_areas"].iter_rows()),
        targets=fitted.data.targets,
    )
    return Gap(
        flow=county,
        working=fitted,
        participation=cohort.declared(declared.flow.participation, 2),
        stays=cohort.declared(declared.flow.stay_in_region, 2),
        level=np.ones((2, 1)),
        sigma=0.01,
        weights=(0.6, 0.2, 0.2),
        axes=axes,
        window=WINDOW,
        years=(2026, 2027, 2028, 2029),
        key=KEY,
    )


def surely(gap: Gap) -> Gap:
    """Those who work and those who stay known for certain, and nothing drawn of occupations."""
    still = replace(gap.working.replacement, band_error=0 * gap.working.replacement.band_error)
    still = replace(still, yearly=0 * still.yearly)
    ensemble = gap.working.ensemble
    last_value = np.zeros_like(ensemble.weights)
    last_value[0] = 1.0
    calm = replace(
        ensemble,
        weights=last_value,
        common=0 * ensemble.common,
        regional=0 * ensemble.regional,
    )
    return replace(
        gap,
        working=replace(gap.working, replacement=still, ensemble=calm),
        participation=Posterior(gap.participation.mean * SURE),
        stays=Posterior(gap.stays.mean * SURE),
        _made={},
    )


def test_with_one_range_it_is_the_model_itself(gap: Gap) -> None:
    """Openings less candidates of the same draws as in any other table of a run."""
    draws = range(5, 9)
    found = gap.persons(dict.fromkeys(INPUTS, draws))
    parts = gap.working.parts(range(9)).openings[5:]
    jobs = gap.axes.openings(matching.demand(parts, gap.working.matching.strict))
    model = gap.flow.model
    kept = Kept(model, gap.axes, WINDOW, 9)
    coming = cohort.inflow(
        gap.flow.residents, gap.flow.outside, gap.years, key=KEY, sigma=0.01, weights=gap.weights
    )
    simulate(model, coming, [kept], seed=3, county="50", draws=9, years=4)
    made = kept.certificates[5:, :, :, None].astype(np.float32)
    people = cohort.labour_supply(made, gap.participation, gap.stays, key=KEY, draws=draws)
    expected = gap.axes.by_programme(jobs - people[..., 0])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)
    assert found.shape == (4, 2, 3)


@pytest.mark.parametrize("planted", [PARTICIPATION, STAY, PLACES, GROWTH, REPLACEMENT])
def test_a_planted_input_comes_first(gap: Gap, planted: str) -> None:
    calm = surely(gap)
    wide = np.array([[2.0, 2.0]])
    working, model = calm.working, calm.flow.model
    loud = {
        PARTICIPATION: lambda: replace(calm, participation=Posterior(np.repeat(wide, 2, axis=0))),
        STAY: lambda: replace(calm, stays=Posterior(np.repeat(wide, 2, axis=0))),
        PLACES: lambda: replace(
            calm,
            flow=replace(
                calm.flow,
                model=replace(
                    model,
                    placement=replace(model.placement, spread=0 * model.placement.spread + 1.0),
                ),
            ),
        ),
        GROWTH: lambda: replace(
            calm,
            working=replace(
                working,
                ensemble=replace(working.ensemble, common=0 * working.ensemble.common + 0.1),
            ),
        ),
        REPLACEMENT: lambda: replace(
            calm,
            working=replace(
                working,
                replacement=replace(
                    working.replacement, yearly=0 * working.replacement.yearly + 1.0
                ),
            ),
        ),
    }
    found = replace(loud[planted](), _made={}).hangs_on(SAMPLES)
    county = found.total[:, 0, -1]
    assert found.inputs[int(county.argmax())] == planted
    assert county.max() > 0.5
    assert (found.error[:, 0, -1] > 0).any()


def test_the_same_seed_gives_the_same_bytes(gap: Gap) -> None:
    one, again = (replace(gap, _made={}).hangs_on(SAMPLES) for _ in range(2))
    assert one.total.tobytes() == again.total.tobytes()
    assert one.first.tobytes() == again.first.tobytes()
    other = replace(gap, key=(4, "50"), _made={}).hangs_on(SAMPLES)
    assert other.total.tobytes() != one.total.tobytes()


def test_indices_are_shares_and_cover_the_variance(gap: Gap) -> None:
    found = gap.hangs_on(SAMPLES)
    assert found.total.shape == (len(INPUTS), 2, 3)
    assert ((found.total >= 0) & (found.total <= 1)).all()
    # Inputs work mostly each on its own: the total shares sum to little more than all.
    assert 0.7 < found.total[:, 0, -1].sum() < 1.4


def test_given_draws_pass_through_levers_as_others_do(gap: Gap) -> None:
    model = gap.flow.model
    shares, draws = model.shares(KEY, range(3)), range(3)
    blocks = dict.fromkeys(("school", "training", "placement", "choice"), shares)
    given = Drawn.of(model, blocks, model.places(KEY, draws), model.frictions(KEY, draws))
    lever = model.lever(1.2, model.space.nodes[1].kind, model.space.nodes[1].kind)
    np.testing.assert_array_equal(
        given.shares(KEY, range(1, 3), (lever,)), model.shares(KEY, range(3), (lever,))[1:]
    )
