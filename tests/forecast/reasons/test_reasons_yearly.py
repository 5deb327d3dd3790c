"""From last year's figure to this year's: exact in every cell, and each change in its own step."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import factorial

import numpy as np
import polars as pl
import pytest

from tasks.forecast.declared import Declared
from tasks.forecast.explanation import STEPS, decompose
from tasks.forecast.flow import assemble, cut
from tasks.forecast.flow.assemble import County
from tasks.forecast.flow.engine import simulate
from tasks.forecast.flow.evidence import ELSEWHERE
from tasks.forecast.flow.result import FlowResult
from tasks.forecast.flow.states import Kind
from tasks.forecast.reasons.aligned import Both, align
from tasks.forecast.reasons.cells import Axes, Kept, Window
from tasks.forecast.reasons.yearly import QUANTITIES, Yearly

WEIGHTS = (0.6, 0.2, 0.2)
WINDOW = Window(pupils=1, flow=0, labour=0, years=6)
COUNTY = "50"
SUPPLY = 0.7
EARLIER, LATER = (dict.fromkeys(STEPS, side) for side in (0, 1))


def built(frames: dict[str, pl.DataFrame], declared: Declared, count: int = 2025) -> County:
    flow = {n.removeprefix("flow."): f for n, f in frames.items() if n.startswith("flow.")}
    return assemble.build(cut.until(flow, count), COUNTY, declared.flow, WINDOW.flow_span)


@pytest.fixture(scope="module")
def now(frames: dict[str, pl.DataFrame], declared: Declared) -> County:
    return built(frames, declared)


@pytest.fixture(scope="module")
def before(frames: dict[str, pl.DataFrame], declared: Declared) -> County:
    """A year ago, when one trade and one home were not there yet."""
    fewer = {
        **frames,
        "flow.contracts": frames["flow.contracts"].filter(pl.col("trade_code") != "BARLF3----"),
        "flow.pupils": frames["flow.pupils"].filter(pl.col("home_municipality_code") != "5053"),
        "flow.regions": frames["flow.regions"].filter(pl.col("municipality_code") != "5053"),
    }
    return built(fewer, declared, 2024)


def axes_of(frames: dict[str, pl.DataFrame]) -> Axes:
    regions = frames["flow.regions"]
    return Axes(
        programmes=("BA", "EL", "HS", "PB", "ST"),
        areas=("BARLF2----", "BATMF2----", "ELELE2----", "HSBUA2----", "HSHEA2----"),
        regions=("intake-a", "intake-b"),
        region_of=dict(regions.select("municipality_code", "region_code").iter_rows()),
        area_of=dict(frames["flow.trade_areas"].iter_rows()),
        targets=("BARLF2----", "BATMF2----", "ELELE2----", "HSBUA2----", "HSHEA2----"),
    )


def yearly(
    frames: dict[str, pl.DataFrame], counties: tuple[County, County], openings: float = 1.0
) -> Yearly:
    jobs = np.arange(10.0).reshape(5, 2)
    return Yearly(
        both=align(counties, (2025, 2026), WINDOW.flow_span, WEIGHTS),
        openings=(jobs, openings * jobs),
        supply=np.array(SUPPLY),
        axes=axes_of(frames),
        window=WINDOW,
        county=COUNTY,
    )


def twice(frames: dict[str, pl.DataFrame], now: County, other: County) -> Yearly:
    """Both sides of the same autumn, so that only what was done to the other differs."""
    both = align((now, other), (2026, 2026), WINDOW.flow_span, WEIGHTS)
    return replace(yearly(frames, (now, now)), both=both)


def grown(county: County, factor: float) -> County:
    """More people at the count and in the cohorts, wherever in the county they live."""
    home = np.array([h != ELSEWHERE for h in county.model.regions])
    more = np.where(home, factor, 1.0)
    return replace(
        county,
        model=replace(county.model, start=county.model.start * more[:, None]),
        residents=replace(county.residents, persons=county.residents.persons * more[None, :, None]),
    )


def test_either_side_is_what_its_own_model_says(
    frames: dict[str, pl.DataFrame], before: County, now: County
) -> None:
    both = align((before, now), (2025, 2026), WINDOW.flow_span, WEIGHTS)
    axes = axes_of(frames)
    for county, side, first in ((before, EARLIER, 2025), (now, LATER, 2026)):
        model, inflow = both.world(side)
        kept = Kept(model, axes, WINDOW, 1)
        span = WINDOW.flow_span
        how = {"seed": 0, "county": COUNTY, "draws": 1, "years": span}
        simulate(model, inflow, [kept], **how)  # type: ignore[arg-type]
        alone = replace(county.model, certain=True)
        result = FlowResult.of(alone, last_count=first - 1, draws=1, years=span)
        leaving = tuple(range(first + 1, first + 1 + span))
        young = np.tensordot(WEIGHTS, county.residents.of(leaving), axes=1)
        adults = np.repeat(county.outside.expected[:, None], span, axis=1)
        people = np.concatenate([young[..., None], adults], axis=-1).astype(np.float32)[None]
        simulate(alone, lambda _, people=people: people, [result], **how)  # type: ignore[arg-type]
        for place, programme in enumerate(axes.programmes):
            mine = [a[:2] == programme for a in result.units["pupils"]]
            expected = result["pupils"][0, mine, :, WINDOW.pupils].sum()
            np.testing.assert_allclose(kept.pupils[0, place, -1], expected, rtol=1e-5)
        trades = result.units["certificates"]
        homes = axes.member(result.regions)
        for place, area in enumerate(axes.areas):
            mine = [axes.area_of[t] == area for t in trades]
            made = result["certificates"][0, mine].sum(axis=0).mean(axis=-1)
            np.testing.assert_allclose(
                kept.certificates[0, place], homes @ made, rtol=1e-4, atol=1e-4
            )
    assert kept.certificates.sum() > 50


def test_it_adds_up_in_every_cell(
    frames: dict[str, pl.DataFrame], before: County, now: County
) -> None:
    asked = yearly(frames, (before, now), 1.2)
    exact = decompose(asked.figures, EARLIER, LATER)
    np.testing.assert_allclose(
        exact.before + sum(exact.parts.values()), exact.after, rtol=1e-9, atol=1e-9
    )
    change = asked.change()
    whole = np.stack(list(change.parts.values()))
    np.testing.assert_array_equal(change.before + whole.sum(axis=0), change.after)
    assert change.before.shape == (len(QUANTITIES), 6, 3)
    # Everything changed, and every driver has a part in something.
    assert all(np.abs(part).max() >= 1 for part in change.parts.values())
    assert not change.parts["demand"][QUANTITIES.index("pupils")].any()
    assert not change.parts["demand"][QUANTITIES.index("candidates")].any()
    np.testing.assert_allclose(exact.before[2], _openings(asked, 0) - exact.before[1])


def _openings(asked: Yearly, side: int) -> np.ndarray:
    return asked.axes.by_programme(asked.openings[side])


def test_two_orders_come_close_to_all(
    frames: dict[str, pl.DataFrame], before: County, now: County
) -> None:
    """The Shapley value over all 720 orders, from the 64 figures that they pass."""
    asked = yearly(frames, (before, now), 1.2)
    count = len(STEPS)
    figures = {
        sides: asked.figures(dict(zip(STEPS, sides, strict=True)))
        for sides in product((0, 1), repeat=count)
    }
    two = decompose(asked.figures, EARLIER, LATER)
    for place, name in enumerate(STEPS):
        part = np.zeros_like(two.before)
        for sides, figure in figures.items():
            if not sides[place]:
                changed = (*sides[:place], 1, *sides[place + 1 :])
                orders = factorial(sum(sides)) * factorial(count - sum(sides) - 1)
                part += orders / factorial(count) * (figures[changed] - figure)
        # A whole trade is new here; where nothing is, they are nearer.
        assert np.abs(two.parts[name] - part).max() < 1, name


def test_regions_sum_to_the_county(
    frames: dict[str, pl.DataFrame], before: County, now: County
) -> None:
    figures = yearly(frames, (before, now)).figures(LATER)
    np.testing.assert_allclose(figures[1:, :, :-1].sum(axis=-1), figures[1:, :, -1])
    np.testing.assert_allclose(figures[:, :-1].sum(axis=1), figures[:, -1])
    # Those who live elsewhere are pupils of the county, and candidates of none.
    assert (figures[0, :, :-1].sum(axis=-1) < figures[0, :, -1]).all()


def test_the_same_figures_change_nothing(frames: dict[str, pl.DataFrame], now: County) -> None:
    change = twice(frames, now, now).change()
    np.testing.assert_array_equal(change.before, change.after)
    assert not np.stack(list(change.parts.values())).any()


def test_a_cohort_that_grew_shows_in_the_cohort_and_nowhere_else(
    frames: dict[str, pl.DataFrame], now: County
) -> None:
    places = replace(now.model.placement, places=now.model.placement.places * 10)
    ample = replace(now, model=replace(now.model, placement=places))
    change = decompose(twice(frames, ample, grown(ample, 1.1)).figures, EARLIER, LATER)
    for name, part in change.parts.items():
        if name != "cohort":
            assert not part.any(), name
    pupils = change.parts["cohort"][0] / change.before[0]
    # Ten per cent where people live, and less in the county, that some come to from elsewhere.
    np.testing.assert_allclose(pupils[:, :-1], 0.1, atol=0.005)
    assert ((pupils[:, -1] > 0.09) & (pupils[:, -1] < 0.1)).all()
    # Where places are short, more are left without one and go to påbygging instead.
    short = decompose(twice(frames, now, grown(now, 1.1)).figures, EARLIER, LATER)
    paabygg = axes_of(frames).programmes.index("PB")
    assert (short.parts["cohort"][0] / short.before[0])[paabygg, 0] > 0.11


def test_each_driver_is_found_where_it_was_changed(
    frames: dict[str, pl.DataFrame], now: County
) -> None:
    model = now.model
    nodes = model.space.nodes
    apprentice = model.edges.between(
        model.space.where(Kind.APPRENTICE), model.space.where(Kind.CERTIFICATE)
    )
    entry = np.flatnonzero(
        np.isin(model.edges.origin, model.space.where(Kind.GRADE_10))
        & np.array([nodes[t].unit[:2] == "HS" for t in model.edges.target])
    )
    changed = {
        "completion": replace(model, alpha=_times(model.alpha, apprentice, 2.0)),
        "choice": replace(model, alpha=_times(model.alpha, entry, 1.5)),
        "placement": replace(
            model, placement=replace(model.placement, places=model.placement.places * 0.5)
        ),
    }
    for driver, other in changed.items():
        change = decompose(twice(frames, now, replace(now, model=other)).figures, EARLIER, LATER)
        for name, part in change.parts.items():
            assert np.abs(part).max() > 1 if name == driver else np.abs(part).max() < 1e-3, name
    fewer = replace(now, outside=replace(now.outside, expected=now.outside.expected * 0.5))
    change = decompose(twice(frames, now, fewer).figures, EARLIER, LATER)
    assert change.parts["migration"][1, -1, -1] < -1
    assert not any(p.any() for n, p in change.parts.items() if n != "migration")


def _times(alpha: np.ndarray, edges: np.ndarray, factor: float) -> np.ndarray:
    more = alpha.copy()
    more[:, edges] *= factor
    return more


def test_what_one_side_lacks_it_has_none_of(before: County, now: County) -> None:
    both: Both = align((before, now), (2025, 2026), WINDOW.flow_span, WEIGHTS)
    assert "BARLF3----" not in before.model.space.units(Kind.APPLY)
    trade = both.space.units(Kind.APPLY).index("BARLF3----")
    assert both.sides[0].places[trade].sum() == 0 < both.sides[1].places[trade].sum()
    home = both.homes.index("5053")
    assert both.sides[0].start[home].sum() == both.sides[0].cohort[home].sum() == 0
    for side in both.sides:
        total = np.add.reduceat(side.shares, both.edges.starts(), axis=-1)
        np.testing.assert_allclose(total, 1)
