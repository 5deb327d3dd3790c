"""Shares held to the counts, and the frames of an earlier count."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import flow_frames
import numpy as np
import polars as pl
import pytest

from tasks.forecast.flow import assemble, cut
from tasks.forecast.flow.calibration import calibrate
from tasks.forecast.flow.engine import simulate
from tasks.forecast.flow.model import Model
from tasks.forecast.flow.states import Kind
from tasks.rules import read_flow_rules
from tasks.settings import Project

RULES = read_flow_rules(Project().reference / "rules")


@pytest.fixture(scope="module")
def frames() -> dict[str, pl.DataFrame]:
    frames = flow_frames.frames()
    on = pl.date(pl.col("school_year_start") + 1, 10, 1)
    return frames | {"transitions": frames["transitions"].with_columns(on.alias("next_counted_on"))}


@pytest.fixture(scope="module")
def model(frames: dict[str, pl.DataFrame]) -> Model:
    return assemble.build(frames, "50", RULES, 3).model


def steps(model: Model) -> tuple[np.ndarray, np.ndarray]:
    """The last count twice, and what the shares themselves give of it."""
    starts = np.repeat(model.start[None], 2, axis=0)
    counts = np.zeros_like(starts)
    places = model.space.where(Kind.PUPIL)

    def keep(draws: range, block: np.ndarray) -> None:
        counts[:, :, places] = block[0, places, 0].T

    def nobody(draws: range) -> np.ndarray:
        return np.zeros((1, len(model.regions), 1, len(model.entry)), np.float32)

    sure = replace(model, certain=True)
    simulate(sure, nobody, [keep], seed=0, county="0", draws=1, years=1)
    return starts, counts


def place(model: Model, area: str) -> int:
    return next(i for i in model.space.where(Kind.PUPIL) if model.space.nodes[i].unit == area)


def test_counts_that_the_shares_give_change_nothing(model: Model) -> None:
    starts, counts = steps(model)
    same, found = calibrate(model, starts, counts, 50)
    np.testing.assert_allclose(same.expected, model.expected, atol=1e-6)
    np.testing.assert_allclose(found.wanted, found.before, rtol=1e-5)


@pytest.mark.parametrize("area", ["HSHEA2----", "STUSP1----", "PBPBY3----"])
def test_more_pupils_counted_give_more_pupils(model: Model, area: str) -> None:
    starts, counts = steps(model)
    counts[:, :, place(model, area)] *= 1.1
    more, found = calibrate(model, starts, counts, 1.0)
    np.testing.assert_allclose(found.after, found.wanted, rtol=5e-3)
    mine = found.areas.index(area)
    assert found.after[mine].sum() / found.before[mine].sum() == pytest.approx(1.1, abs=0.02)
    # Out of every state the shares still sum to one, and no closed way is opened.
    sums = np.add.reduceat(more.expected, more.edges.starts(), axis=1)
    np.testing.assert_allclose(sums, 1.0)
    assert ((more.expected > 0) == (model.expected > 0)).all()
    drawn = more.shares((1, "50"), range(5))
    np.testing.assert_allclose(np.add.reduceat(drawn, more.edges.starts(), axis=2), 1.0)


def test_a_region_that_goes_its_own_way_is_followed(model: Model) -> None:
    """Also on ways whose draw is common to all regions."""
    starts, counts = steps(model)
    at, homes = place(model, "PBPBY3----"), model.group == model.group[0]
    counts[:, homes, at] *= 1.4
    counts[:, ~homes, at] *= 0.8
    _, found = calibrate(model, starts, counts, 1.0)
    mine, here = found.areas.index("PBPBY3----"), model.group[0]
    ratio = found.after[mine] / found.before[mine]
    assert ratio[here] == pytest.approx(1.4, abs=0.06)
    others = np.delete(ratio[np.unique(model.group)], here)
    assert (others < 0.9).all()


def test_a_small_area_is_drawn_towards_its_level(model: Model) -> None:
    starts, counts = steps(model)
    counts[:, :, place(model, "HSHEA2----")] *= 1.5
    free, held = (calibrate(model, starts, counts, k)[1] for k in (1.0, 1000.0))
    mine = free.areas.index("HSHEA2----")
    assert free.wanted[mine].sum() > held.wanted[mine].sum() > held.before[mine].sum()
    np.testing.assert_allclose(held.wanted.sum(), held.wanted.sum(axis=1).sum())


def test_one_count_holds_the_shares_to_nothing(frames: dict[str, pl.DataFrame]) -> None:
    found = assemble.build(cut.until(frames, 2023), "50", RULES, 2)
    assert (found.calibration.counted == 0).all()
    assert found.homes.years == (2023,)


def test_the_county_is_held_to_its_counts(frames: dict[str, pl.DataFrame]) -> None:
    found = assemble.build(frames, "50", RULES, 2).calibration
    told = dict(zip(found.areas, found.counted.sum(axis=1), strict=True))
    rows = frames["pupils"].filter(pl.col("school_year_start") > 2023)
    by_area = rows.group_by("programme_area_code").agg(pl.col("pupils").sum())
    assert told == pytest.approx(dict(by_area.iter_rows()))
    off, was = (np.abs(x - found.counted).sum() for x in (found.after, found.before))
    assert off < was
    some = found.wanted > 5
    np.testing.assert_allclose(found.after[some], found.wanted[some], rtol=1e-2)


def test_a_cut_knows_nothing_of_later_counts(frames: dict[str, pl.DataFrame]) -> None:
    then = cut.until(frames, 2024)
    assert then["pupils"]["school_year_start"].max() == 2024
    assert then["transitions"]["next_counted_on"].max() == date(2024, 10, 1)
    assert then["contracts"]["counted_on"].max() == date(2024, 10, 1)
    assert then["placement"]["counted_on"].max() == date(2024, 12, 31)
    assert then["certificates"]["year"].max() == 2024
    assert then["intention"]["round"].is_empty()
    population = then["population"]
    counted = population.filter(pl.col("basis") == "registered")
    assert counted["year"].max() == 2025
    later = population.filter(pl.col("year") == 2026, pl.col("age") == 15)
    assert set(later["basis"]) == {"projected"}
    assert set(later["alternative"]) == {"main", "low", "high"}
    assert later["persons"].n_unique() == later.select("municipality_code").n_unique()


def test_a_cut_at_the_last_count_is_the_frames_themselves(
    frames: dict[str, pl.DataFrame],
) -> None:
    then = cut.until(frames, 2025)
    for name in set(frames) - {"intention", "population"}:
        assert then[name].equals(frames[name]), name
    assert len(then["population"]) == len(frames["population"])


def test_without_chance_every_draw_is_the_expected_one(model: Model) -> None:
    sure = replace(model, certain=True)
    shares = sure.shares((1, "50"), range(3))
    assert (shares[0] == shares[2]).all()
    np.testing.assert_allclose(shares[0], model.expected)
    drawn = model.shares((1, "50"), range(200)).mean(axis=0)
    assert np.abs(drawn - shares[0]).max() < 0.12
    places = sure.places((1, "50"), range(2))
    np.testing.assert_allclose(places[0], sure.placement.places)
    np.testing.assert_allclose(
        sure.frictions((1, "50"), range(2))[1], sure.placement.friction.mean[:, 0]
    )
