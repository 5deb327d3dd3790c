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
    _, found = calibrate(model, starts, np.full((2, model.space.count), 50.0), 1.0)
    counts = np.zeros((2, model.space.count))
    counts[:, model.space.where(Kind.PUPIL)] = found.before / 2
    return starts, counts


def test_counts_that_the_shares_give_change_nothing(model: Model) -> None:
    starts, counts = steps(model)
    same, found = calibrate(model, starts, counts, 50)
    np.testing.assert_allclose(same.alpha, model.alpha, rtol=1e-6)
    np.testing.assert_allclose(found.wanted, found.before)


@pytest.mark.parametrize("area", ["HSHEA2----", "STUSP1----", "PBPBY3----"])
def test_more_pupils_counted_give_more_pupils(model: Model, area: str) -> None:
    starts, counts = steps(model)
    at = next(i for i in model.space.where(Kind.PUPIL) if model.space.nodes[i].unit == area)
    counts[:, at] *= 1.1
    more, found = calibrate(model, starts, counts, 1.0)
    np.testing.assert_allclose(found.after, found.wanted, rtol=2e-3)
    mine = found.areas.index(area)
    assert found.after[mine] / found.before[mine] == pytest.approx(1.1, abs=0.02)
    # Out of every state the shares still sum to one, and its evidence keeps its strength.
    first = model.edges.starts()
    ours, theirs = (np.add.reduceat(m.alpha, first, axis=1) for m in (more, model))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    assert (more.alpha >= 0).all()
    assert ((more.alpha == 0) == (model.alpha == 0)).all()


def test_a_small_area_is_drawn_towards_its_level(model: Model) -> None:
    starts, counts = steps(model)
    at = next(i for i in model.space.where(Kind.PUPIL) if model.space.nodes[i].unit == "HSHEA2----")
    counts[:, at] *= 1.5
    free, held = (calibrate(model, starts, counts, k)[1] for k in (1.0, 1000.0))
    mine = free.areas.index("HSHEA2----")
    assert free.wanted[mine] > held.wanted[mine] > held.before[mine]


def test_one_count_holds_the_shares_to_nothing(frames: dict[str, pl.DataFrame]) -> None:
    found = assemble.build(cut.until(frames, 2023), "50", RULES, 2)
    assert (found.calibration.counted == 0).all()
    assert found.homes.years == (2023,)


def test_the_county_is_held_to_its_counts(frames: dict[str, pl.DataFrame]) -> None:
    found = assemble.build(frames, "50", RULES, 2).calibration
    told = dict(zip(found.areas, found.counted, strict=True))
    rows = frames["pupils"].filter(pl.col("school_year_start") > 2023)
    by_area = rows.group_by("programme_area_code").agg(pl.col("pupils").sum())
    assert told == pytest.approx(dict(by_area.iter_rows()))
    off, was = (np.abs(x - found.counted).sum() for x in (found.after, found.before))
    assert off < was
    np.testing.assert_allclose(found.after, found.wanted, rtol=5e-3)


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
    np.testing.assert_allclose(shares[0], model.normal(model.alpha[None])[0])
    drawn = model.shares((1, "50"), range(200)).mean(axis=0)
    assert np.abs(drawn - shares[0]).max() < 0.12
    places = sure.places((1, "50"), range(2))
    np.testing.assert_allclose(places[0], sure.placement.places)
    np.testing.assert_allclose(
        sure.frictions((1, "50"), range(2))[1], sure.placement.friction.mean[:, 0]
    )
