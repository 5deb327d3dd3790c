"""The county's model from its marts: nobody is lost, and the next years look like the last."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from flow_frames import HOMES, SHARES, TRADES, frames, size_of

from tasks.errors import ConfigurationError, NotFound
from tasks.forecast.flow import assemble, cohort
from tasks.forecast.flow.assemble import County
from tasks.forecast.flow.engine import simulate
from tasks.forecast.flow.result import FlowResult
from tasks.forecast.flow.states import APPRENTICE, EXTERNAL, Kind, Node
from tasks.forecast.flow.types import FlowRules
from tasks.rules import read_flow_rules
from tasks.settings import Project

YEARS = 5


@pytest.fixture(scope="module")
def rules() -> FlowRules:
    return read_flow_rules(Project().reference / "rules")


@pytest.fixture(scope="module")
def marts() -> dict[str, pl.DataFrame]:
    return frames()


@pytest.fixture(scope="module")
def built(marts: dict[str, pl.DataFrame], rules: FlowRules) -> County:
    return assemble.build(marts, "50", rules, YEARS)


@pytest.fixture(scope="module")
def result(built: County) -> FlowResult:
    found = FlowResult.of(built.model, last_count=2025, draws=100, years=YEARS)
    years = found.years
    coming = cohort.inflow(
        built.residents, built.outside, years, key=(1, "50"), sigma=0.01, weights=(0.6, 0.2, 0.2)
    )
    simulate(built.model, coming, [found], seed=1, county="50", draws=100, years=YEARS)
    return found


def test_states_are_those_of_the_issue(built: County) -> None:
    nodes = set(built.model.space.nodes)
    assert Node(Kind.PUPIL, "BABAT1----", step=1) in nodes
    assert Node(Kind.APPRENTICE, "BATMF3----", APPRENTICE, 2) in nodes
    # Electricians train two and a half years.
    assert Node(Kind.APPRENTICE, "ELELE3----", APPRENTICE, 3) in nodes
    assert Node(Kind.APPRENTICE, "BATMF3----", APPRENTICE, 3) not in nodes
    assert Node(Kind.APPRENTICE, "BATMF3----", EXTERNAL, 1) in nodes
    assert Node(Kind.ADULT_MODULE, "HSHEA3----") in nodes
    assert built.model.space.units(Kind.CERTIFICATE) == tuple(sorted(TRADES))


def test_shares_of_the_newer_regime_are_found(built: County) -> None:
    school = built.school
    assert school.estimate.kappa_regime is not None
    for area, level, vocational in (("BABAT1----", 1, True), ("STREA2----", 2, False)):
        truth = np.array(SHARES[level, vocational]) * [1, 1, 1, 1.5, 1, 1, 1]
        truth /= truth.sum()
        low, high = school.estimate.posterior.interval(0.999)
        place = school.areas.index(area)
        assert ((low[place] <= truth + 0.01) & (truth - 0.01 <= high[place])).all()
    assert school.counts[school.areas.index("STUSP1----")].sum() == pytest.approx(
        2 * size_of("STUSP1----"), abs=1e-6
    )


def test_everybody_counted_is_in_the_start(built: County, marts: dict[str, pl.DataFrame]) -> None:
    model = built.model
    pupils = marts["pupils"].filter(pl.col("school_year_start") == 2025).get_column("pupils").sum()
    assert model.start[:, model.space.where(Kind.PUPIL)].sum() == pupils
    running = marts["contracts"].filter(
        pl.col("contract_type_code") != "*", pl.col("counted_on").dt.year() == 2025
    )
    there = [
        i
        for i, n in enumerate(model.space.nodes)
        if n.kind == Kind.APPRENTICE and n.contract != EXTERNAL
    ]
    # Each year in training of each trade is rounded to whole persons.
    assert model.start[:, there].sum() == pytest.approx(
        running.get_column("contracts").sum(), abs=len(there) / 2
    )
    assert np.array_equal(model.start, np.round(model.start))
    assert model.regions == HOMES


def test_a_county_that_has_been_at_rest_stays_there(built: County, result: FlowResult) -> None:
    assert result["pupils"].shape == (100, len(result.units["pupils"]), len(HOMES), YEARS)
    pupils = result["pupils"].sum(axis=(1, 2)).mean(axis=0)
    start = result.start["pupils"].sum()
    assert pupils == pytest.approx(np.full(YEARS, start), rel=0.08)
    training = result["apprentices"].sum(axis=(1, 2)).mean(axis=0)
    assert training == pytest.approx(np.full(YEARS, result.start["apprentices"].sum()), rel=0.12)
    made = result["certificates"].sum(axis=(1, 2)).mean(axis=0)
    counted = sum(c[1:].mean(axis=0).sum() for c in built.training.certificates.values())
    assert made == pytest.approx(np.full(YEARS, counted), rel=0.2)


def test_the_guarantee_places_everybody_and_gives_more_certificates(
    built: County, result: FlowResult
) -> None:
    placement = replace(built.model.placement, guarantee_from=0)
    model = replace(built.model, placement=placement)
    found = FlowResult.of(model, last_count=2025, draws=100, years=YEARS)
    coming = cohort.inflow(
        built.residents,
        built.outside,
        found.years,
        key=(1, "50"),
        sigma=0.01,
        weights=(0.6, 0.2, 0.2),
    )
    simulate(model, coming, [found], seed=1, county="50", draws=100, years=YEARS)
    made, base = (r["certificates"].sum(axis=(1, 2)).cumsum(axis=1)[:, 3:] for r in (found, result))
    assert (made >= base - 0.01).all()
    assert (made[:, -1] > base[:, -1] + 10).all()


def test_what_is_said_now_counts_and_not_what_was_said_before(built: County) -> None:
    place = built.training.trades.index("BATMF3----")
    assert 10 < built.model.placement.places[0, place, 0] < 50


def test_missing_marts_are_told_of(marts: dict[str, pl.DataFrame], rules: FlowRules) -> None:
    with pytest.raises(NotFound, match="overgangsfil"):
        assemble.build(marts | {"transitions": marts["transitions"].clear()}, "50", rules, YEARS)
    with pytest.raises(NotFound, match="elevfil"):
        assemble.build(marts | {"pupils": marts["pupils"].clear()}, "50", rules, YEARS)
    with pytest.raises(NotFound, match="county_contracts"):
        assemble.build(marts, "34", rules, YEARS)
    with pytest.raises(ConfigurationError, match="udir_apprentice_completion"):
        assemble.build(marts | {"completion": marts["completion"].clear()}, "50", rules, YEARS)
    with pytest.raises(NotFound, match="formidling"):
        assemble.build(marts | {"placement": marts["placement"].clear()}, "50", rules, YEARS)
    third = marts["transitions"].filter(pl.col("level") < 3)
    with pytest.raises(ConfigurationError, match="3----"):
        assemble.build(marts | {"transitions": third}, "50", rules, YEARS)


def test_a_new_area_follows_its_kind(marts: dict[str, pl.DataFrame], rules: FlowRules) -> None:
    lost = marts["transitions"].filter(pl.col("programme_area_code") != "BABAT1----")
    found = assemble.build(marts | {"transitions": lost}, "50", rules, YEARS).school
    alike = np.mean([found.share(a, "next_level") for a in ("ELELE1----", "HSHSF1----")])
    assert found.share("BABAT1----", "next_level") == pytest.approx(alike, abs=0.02)
    _, high = found.estimate.posterior.interval(0.8)
    place = found.areas.index("BABAT1----"), found.areas.index("ELELE1----")
    assert high[place[0], 0] > high[place[1], 0]


def test_what_a_county_need_not_have_may_be_empty(
    marts: dict[str, pl.DataFrame], rules: FlowRules
) -> None:
    empty = {name: marts[name].clear() for name in ("adult_modules", "college", "intention")}
    model = assemble.build(marts | empty, "50", rules, YEARS).model
    assert model.space.where(Kind.ADULT_MODULE).size == 0
    assert model.start[:, model.space.where(Kind.COLLEGE)].sum() == 0
    newest = marts["transitions"].filter(pl.col("regime") == "after")
    alone = assemble.build(marts | {"transitions": newest}, "50", rules, YEARS).school
    assert alone.estimate.kappa_regime is None
