"""Who is where at the last count, and how many adults come in each year."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from tasks.forecast.flow.cohort import Cohort, External
from tasks.forecast.flow.evidence import ELSEWHERE, Frames, Homes, School, Training
from tasks.forecast.flow.states import APPRENTICE, EXTERNAL, ON_THE_JOB, Kind, Node, StateSpace
from tasks.forecast.flow.transitions import Posterior
from tasks.forecast.flow.types import FlowRules
from tasks.forecast.types import Float, Index

IN_SCHOOL = "elev_i_skole"
AUTUMN = "autumn"
# States of a trade that are laid on homes as the pupils of the Vg2 it builds on.
_IN_TRADE = (Kind.APPRENTICE, Kind.SCHOOL_VG3, Kind.OUT)


def entry_states(space: StateSpace) -> Index:
    """Grade 10 first, then the states that adults come into."""
    return np.array(
        [i for i, n in enumerate(space.nodes) if n.kind == Kind.GRADE_10 or _adult(n)], np.intp
    )


def _adult(node: Node) -> bool:
    """Whether people come here from outside the school: adults, and first years in training."""
    adults = node.contract in (EXTERNAL, ON_THE_JOB)
    adults |= node.kind in (Kind.ADULT_MODULE, Kind.COLLEGE)
    return adults or (node.contract == APPRENTICE and node.step == 1)


def with_elsewhere(cohort: Cohort, at_home: Homes, at_school: School) -> Cohort:
    """Gives elsewhere a cohort: as many as came to Vg1 from there in the mean of the counts."""
    if ELSEWHERE not in at_home.regions:
        return cohort
    place = at_home.regions.index(ELSEWHERE)
    came = sum(
        float((at_home.of(a)[:, place] * (1 - at_school.share(a, "same_level"))).mean())
        for a in at_home.areas
        if a[5] == "1"
    )
    persons = cohort.persons.copy()
    persons[:, place] = came
    return replace(cohort, persons=persons)


def start(
    space: StateSpace,
    frames: Frames,
    county: str,
    at_home: Homes,
    trained: Training,
    out: float,
    again: Float,
    hazards: dict[str, Posterior],
    rules: FlowRules,
    leaving_grade_10: Float,
) -> Float:
    """Persons in each state at the last count `[home, state]`, whole.

    Pupils are counted where they live. Contracts are counted where the enterprise lies and are laid
    on homes as pupils of the Vg2 that the trade builds on, as are those who apply for a place
    again; adults and the others who are out as all pupils. Years in training are those of a
    stationary trade with its hazards.

    Args:
        space: States.
        frames: As for `assemble.build`.
        county: County code.
        at_home: Pupils by home.
        trained: Contracts and certificates.
        out: Persons out of school.
        again: Persons who apply for a place again, `[trade]`.
        hazards: In training, by trade.
        rules: Declared assumptions.
        leaving_grade_10: Residents who leave grade 10 the summer after the last count `[home]`.
    """
    people = np.zeros((len(at_home.regions), space.count))
    everybody = _shares(at_home.pupils.sum(axis=(0, 1)))
    adults = _adult_stocks(frames, county)
    for i, node in enumerate(space.nodes[: space.count]):
        if node.kind == Kind.GRADE_10:
            people[:, i] = leaving_grade_10
        elif node.kind == Kind.PUPIL:
            people[:, i] = at_home.of(node.unit)[-1]
        elif node.unit in trained.trades and node.kind in _IN_TRADE:
            trade = trained.trades.index(node.unit)
            there = at_home.of(trained.area[trade]).sum(axis=0)
            share = _shares(there) if there.sum() > 0 else everybody
            applying = node.kind == Kind.OUT
            persons = again[trade] if applying else _in_trade(node, trained, hazards, rules)
            people[:, i] = share * persons
        elif node.kind == Kind.OUT:
            people[:, i] = everybody * out
        elif node.kind in (Kind.ADULT_MODULE, Kind.COLLEGE):
            people[:, i] = everybody * adults.get((node.kind, node.unit), [0.0])[-1]
    return _whole(people)


def _in_trade(
    node: Node, trained: Training, hazards: dict[str, Posterior], rules: FlowRules
) -> float:
    trade = trained.trades.index(node.unit)
    if node.kind == Kind.SCHOOL_VG3 or node.contract == EXTERNAL:
        route = IN_SCHOOL if node.kind == Kind.SCHOOL_VG3 else EXTERNAL
        made = trained.certificates.get(route)
        passed = 0.0 if made is None else float(made[-1, trade])
        return passed / (rules.school_vg3.shares["completed"] if route == IN_SCHOOL else 1.0)
    running = trained.running.get(node.contract)
    contracts = 0.0 if running is None else float(running[-1, trade])
    if node.contract == ON_THE_JOB:
        return contracts
    stay = hazards[node.unit].mean[:, 2]
    there = np.concatenate([[1.0], np.cumprod(stay[:-1])])
    # The last year is open-ended: on 1 October it holds those of several years.
    there[-1] /= max(1 - stay[-1], 1e-6)
    return contracts * float(there[node.step - 1] / there.sum())


def _adult_stocks(frames: Frames, county: str) -> dict[tuple[Kind, str], list[float]]:
    """Participants in modules by trade and students of vocational colleges, oldest first."""
    modules = (
        frames["adult_modules"]
        .filter(pl.col("area_code") == county)
        .group_by("trade_code", "year")
        .agg(pl.col("participants").sum())
        .sort("trade_code", "year")
    )
    stocks: dict[tuple[Kind, str], list[float]] = {}
    for trade, _, participants in modules.iter_rows():
        stocks.setdefault((Kind.ADULT_MODULE, trade), []).append(float(participants))
    students = (
        frames["college"]
        .filter(pl.col("semester") == AUTUMN, pl.col("students").is_not_null())
        .group_by("year")
        .agg(pl.col("students").sum())
        .sort("year")
    )
    if not students.is_empty():
        stocks[Kind.COLLEGE, ""] = [float(s) for s in students.get_column("students")]
    return stocks


def external(
    space: StateSpace,
    frames: Frames,
    county: str,
    at_home: Homes,
    trained: Training,
    completed: float,
    others: Float,
    rules: FlowRules,
) -> External:
    """Those who come in each year from outside the school, laid on homes as pupils are.

    Contracts that do not go to pupils of the year before are `others`: older applicants, adults,
    people from elsewhere.

    Praksiskandidater are those who pass, as counted. The others follow from the books, new = change
    + out: contracts R = ΔK + C/c, modules P_t - P_{t-1}(1 - l) + C, colleges ΔS + (h + l)S, means
    of the years that count.

    Args:
        space: States.
        frames: As for `assemble.build`.
        county: County code.
        at_home: Pupils by home.
        trained: Contracts and certificates.
        completed: Share of contracts that end with a certificate.
        others: Apprentice contracts begun by others than last year's pupils `[trade]`.
        rules: Declared assumptions.
    """
    stocks = _adult_stocks(frames, county)
    made = dict(
        frames["adult_modules"]
        .filter(pl.col("area_code") == county)
        .sort("year")
        .group_by("trade_code", maintain_order=True)
        .agg(pl.col("certificates").last())
        .iter_rows()
    )
    nodes = [space.nodes[i] for i in entry_states(space)[1:]]
    new = np.zeros(len(nodes))
    for i, node in enumerate(nodes):
        stock = np.array(stocks.get((node.kind, node.unit), [0.0]))[-rules.years :]
        if node.kind == Kind.ADULT_MODULE:
            before = stock[-2] if len(stock) > 1 else 0.0
            kept = before * (1 - rules.adult_modules.shares["left"])
            new[i] = stock[-1] - kept + float(made.get(node.unit) or 0)
        elif node.kind == Kind.COLLEGE:
            gone = sum(rules.college.shares.values()) * stock.mean()
            new[i] = gone + np.diff(stock).mean() if len(stock) > 1 else gone
        elif node.contract == APPRENTICE:
            new[i] = others[trained.trades.index(node.unit)]
        else:
            new[i] = _contracts_begun(node, trained, completed)
    new = np.maximum(new, 0.0)
    expected = _shares(at_home.pupils.sum(axis=(0, 1)))[:, None] * new
    return External(expected, expected * len(trained.years))


def _contracts_begun(node: Node, trained: Training, completed: float) -> float:
    trade = trained.trades.index(node.unit)
    made = trained.certificates.get(node.contract)
    passed = np.zeros(len(trained.years)) if made is None else made[:, trade]
    if node.contract == EXTERNAL:
        return float(passed.mean())
    running = trained.running[node.contract][:, trade]
    return float(np.diff(running).mean() + passed[1:].mean() / completed)


def _shares(people: Float) -> Float:
    share: Float = people / max(float(people.sum()), 1e-9)
    return share


def _whole(people: Float) -> Float:
    """Whole persons with every state's total kept to the nearest: rounds what has been passed."""
    passed = np.round(np.cumsum(people, axis=0))
    whole: Float = np.diff(passed, axis=0, prepend=0.0)
    return whole
