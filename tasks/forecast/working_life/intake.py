"""Intake need: how many must begin on each programme area for working life to get whom it needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from tasks.forecast.flow import cohort, reach
from tasks.forecast.flow.states import Kind
from tasks.forecast.labour.indicators import intake_need, lead_of
from tasks.forecast.labour.intake import VG2, Offers, demand_of, need_table, offers
from tasks.forecast.marts import FLOW
from tasks.forecast.types import Array, Index
from tasks.forecast.working_life.drawn import Drawn, and_sum, membership
from tasks.forecast.working_life.schemas import cast, note


@dataclass(frozen=True)
class Intake:
    """Drawn demand and need of intake, float32 `[draw, programme area, region, year]`, persons.

    NaN is not known: what lies past the horizon, or before what working life is forecast for.

    Attributes:
        offered: What one can begin on; `codes` are the second axis.
        regions: Intake regions.
        years: School years (start year): of the openings in `demand`, of the intake in `need`.
        lead: `[programme area]` years from intake to work.
        demand: D, openings a year; an area of Vg1 has the sum of those that build on it.
        need: I*, persons who must begin in the year.
    """

    offered: Offers
    regions: tuple[str, ...]
    years: tuple[int, ...]
    lead: Index
    demand: Array
    need: Array

    @property
    def codes(self) -> tuple[str, ...]:
        """Programme areas: those of Vg2 that trades build on, then those of Vg1 behind them."""
        return self.offered.codes


def intake_draws(drawn: Drawn) -> Intake:
    """I*_p,t = D_p,t+L / (completion_p × participation_p × stay), all drawn.

    Completion is the share of those who begin on the area who get a trade certificate in one of
    its trades within `completion_years`; of an area of Vg1, in a trade of any area that builds on
    it. Participation and stay are the shares that the candidates of the run are drawn with.

    Args:
        drawn: Demand, and the flow of the same draws.
    """
    rules, needed = drawn.declared.labour, drawn.needed
    space = drawn.flow.model.space
    offered = offers(
        drawn.frames[f"{FLOW}programme_areas"],
        drawn.codes,
        frozenset(space.units(Kind.PUPIL)),
        needed.targets,
    )
    lead = lead_of(offered.kinds, rules)
    demand = np.full((*needed.strict.shape[:1], *_shape(drawn, offered)), np.nan, np.float32)
    at = [drawn.years.index(y) for y in drawn.both]
    here = [needed.years.index(y) for y in drawn.both]
    demand[..., at] = demand_of(needed.strict, offered)[..., here]
    completion, participation, stay = _shares(drawn, offered)
    need = intake_need(demand, completion, participation, stay, lead)
    return Intake(offered, drawn.regions, drawn.years, lead, demand, need)


def _shape(drawn: Drawn, offered: Offers) -> tuple[int, int, int]:
    return len(offered.codes), len(drawn.regions), len(drawn.years)


def _shares(drawn: Drawn, offered: Offers) -> tuple[Array, Array, Array]:
    """Completion and participation `[draw, code, region, 1]`, and stay `[draw, 1, region, 1]`.

    Those who begin on Vg1 end in several areas: their participation is that of each area, weighted
    by how many end there.
    """
    flow, rules = drawn.flow, drawn.declared.flow
    at_work, stay = cohort.supply_shares(
        cohort.declared(rules.participation, len(drawn.codes)),
        cohort.declared(rules.stay_in_region, len(drawn.regions)),
        key=drawn.key,
        draws=range(drawn.draws),
    )
    seed, county = drawn.key
    groups = _groups(drawn)
    places = [_ends(drawn, offered, row) for row in range(len(offered.codes))]
    found = reach.chances(
        flow.model,
        [_way(drawn, offered, row, ends) for row, ends in enumerate(places)],
        flow.without_place,
        groups=np.maximum(groups, 0).tolist(),
        seed=seed,
        county=county,
        draws=drawn.draws,
    )
    completion = np.empty((drawn.draws, len(offered.codes), len(drawn.regions), 1), np.float32)
    participation = np.empty_like(completion)
    for row, (chance, ends) in enumerate(zip(found, places, strict=True)):
        reached = chance[0, :, :, 0]
        through = (reached * at_work[:, None, ends]).sum(axis=2)
        completion[:, row, :, 0] = reached.sum(axis=2)
        participation[:, row, :, 0] = np.divide(
            through,
            completion[:, row, :, 0],
            out=np.zeros_like(through),
            where=completion[:, row, :, 0] > 0,
        )
    # A region that nobody in the flow lives in has no completion to speak of.
    completion[:, :, groups < 0] = np.nan
    return completion, participation, stay[:, None, :, None]


def _groups(drawn: Drawn) -> Index:
    """Group of each intake region in the flow, `[region]`; −1 where no pupil lives there."""
    model = drawn.flow.model
    member = membership(drawn.frames, model.regions, drawn.regions) > 0
    return np.where(member.any(axis=1), model.group[member.argmax(axis=1)], -1)


def _ends(drawn: Drawn, offered: Offers, row: int) -> Index:
    """Areas whose trades count for those who begin here, places in `drawn.codes`."""
    followed = {t for t, f in zip(drawn.needed.targets, offered.follows[row], strict=True) if f}
    return np.array([i for i, code in enumerate(drawn.codes) if code in followed], np.intp)


def _way(drawn: Drawn, offered: Offers, row: int, ends: Index) -> reach.Way:
    space, area_of = drawn.flow.model.space, drawn.area_of
    code, years = offered.codes[row], drawn.declared.labour.completion_years
    began = [i for i in space.where(Kind.PUPIL) if space.nodes[i].unit == code]
    passed = space.where(Kind.CERTIFICATE)
    of_area = [area_of.get(space.nodes[i].unit, "") for i in passed]
    groups = tuple(
        passed[[a == drawn.codes[end] for a in of_area]]  # every area has a trade
        for end in ends
    )
    return reach.Way(np.array(began, np.intp), groups, years[offered.kinds[row]])


def table(found: Intake, drawn: Drawn) -> pl.DataFrame:
    """Table `intake_need`: regions, and the county as their sum draw by draw."""
    rows = need_table(
        drawn.needed,
        found.offered,
        (*found.regions, drawn.key[1]),
        found.years,
        demand=and_sum(found.demand),
        need=and_sum(found.need),
        lead=found.lead,
    )
    return cast(rows.rename({"target_code": "programme_area_code"}), "intake_need")


def notes(found: Intake, drawn: Drawn) -> list[pl.DataFrame]:
    """Areas whose intake need is not known since nobody is taught on them."""
    second = [c for c, k in zip(found.codes, found.offered.kinds, strict=True) if k == VG2]
    wanted = [c for c in drawn.codes if c in drawn.needed.targets]
    missing = [c for c in wanted if c not in second]
    if not missing:
        return []
    done = f"uten behov for inntak, siden ingen elever går der: {', '.join(missing)}"
    return [note("programområder som lærefag bygger på", done, len(missing), len(wanted))]
