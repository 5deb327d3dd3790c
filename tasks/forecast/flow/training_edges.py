"""Edges of those in training: apprentices, candidates, and adults by their own ways."""

from __future__ import annotations

import numpy as np
import polars as pl

from tasks.forecast.flow import apprentices, states, survival, transitions
from tasks.forecast.flow.evidence import Frames, Training
from tasks.forecast.flow.rows import Rows
from tasks.forecast.flow.states import (
    APPRENTICE,
    CANDIDATE,
    EXTERNAL,
    ON_THE_JOB,
    PRACTICE_LETTER,
    Kind,
    Node,
    StateSpace,
)
from tasks.forecast.flow.transitions import Posterior
from tasks.forecast.flow.types import FlowRules
from tasks.forecast.types import Float

YOUTH = (APPRENTICE, CANDIDATE, PRACTICE_LETTER)


def none_of(trained: Training) -> Float:
    """No persons, `[year, trade]`."""
    return np.zeros((len(trained.years), len(trained.trades)))


def in_training(
    rows: Rows, space: StateSpace, trained: Training, completed: float, rules: FlowRules
) -> dict[str, Posterior]:
    """Hazards in training, trade by trade drawn towards all trades of as many years."""
    hazards: dict[str, Posterior] = {}
    running, made = trained.running[APPRENTICE], trained.certificates[APPRENTICE]
    steps = np.array([rules.years_in_training(t) for t in trained.trades])
    for years in sorted({int(k) for k in steps}):
        chosen = np.flatnonzero(steps == years)
        pooled = survival.from_stocks(
            running[:, chosen].sum(axis=1), made[:, chosen].sum(axis=1), completed, years
        ).posterior()
        own = np.stack([_own(running[:, i], made[:, i], completed, years) for i in chosen])
        kappa = transitions.fit_kappa(
            own[:, -1], pooled.mean[None, -1], floor=rules.kappa_floor, ceiling=rules.kappa_ceiling
        )
        found = transitions.shrink(own, pooled.mean[None], kappa.value, pooled.strength[None])
        for place, trade in enumerate(chosen):
            hazards[trained.trades[trade]] = Posterior(found.alpha[place])
    new = {c: trained.running.get(c, none_of(trained))[-1] / rules.training_years[c] for c in YOUTH}
    known = space.lookup()
    for i, code in enumerate(trained.trades):
        for contract in YOUTH:
            first = Node(Kind.APPRENTICE, code, contract, 1)
            if first in known:
                _contract(rows, space, code, contract, hazards[code])
                rows.add(Node(Kind.PLACED, code), first, max(float(new[contract][i]), 0.5))
    return hazards


def _own(running: Float, made: Float, completed: float, years: int) -> Float:
    """Counts behind one trade's hazards `[year, 3]`; none where nobody took a certificate."""
    if running[-1] <= 0 or made[1:].sum() <= 0:
        return np.zeros((years, 3))
    found = survival.from_stocks(running, made, completed, years)
    own: Float = found.posterior().alpha - 0.5
    return np.maximum(own, 0.0)


def _contract(rows: Rows, space: StateSpace, trade: str, contract: str, hazard: Posterior) -> None:
    """The years of one contract; candidates end with competence for part of the trade."""
    end = (
        Node(Kind.PARTIAL_COMPETENCE)
        if contract in states.PARTIAL
        else Node(Kind.CERTIFICATE, trade)
    )
    years = sorted(
        n.step
        for n in space.nodes
        if (n.kind, n.unit, n.contract) == (Kind.APPRENTICE, trade, contract)
    )
    for year in years:
        node = Node(Kind.APPRENTICE, trade, contract, year)
        further = Node(Kind.APPRENTICE, trade, contract, min(year + 1, years[-1]))
        done, left, stay = (float(a) for a in hazard.alpha[year - 1])
        rows.add(node, end, done)
        rows.add(node, Node(Kind.OUT), left)
        rows.add(node, further, stay)


def adults(
    rows: Rows,
    space: StateSpace,
    frames: Frames,
    county: str,
    trained: Training,
    completed: float,
    rules: FlowRules,
) -> None:
    """Adults at work, in modules and in vocational college.

    Args:
        rows: Takes the edges.
        space: States.
        frames: `adult_modules`.
        county: County code.
        trained: Contracts and certificates.
        completed: Share of contracts that end with a certificate.
        rules: Declared assumptions.
    """
    on_the_job = _on_the_job(trained, completed)
    for node in space.nodes:
        done = Node(Kind.CERTIFICATE, node.unit)
        if node.contract == EXTERNAL:
            # Those counted have passed: what is drawn is how many, not whether.
            rows.add(node, done, 1.0)
        elif node.contract == ON_THE_JOB:
            for target, evidence in zip((done, Node(Kind.LEFT), node), on_the_job, strict=True):
                rows.add(node, target, float(evidence))
    modules = frames["adult_modules"].filter(pl.col("area_code") == county)
    made, people = (float(modules.get_column(c).sum()) for c in ("certificates", "participants"))
    left = rules.adult_modules.shares["left"]
    # Certificates and participants are counted, all trades together; who leaves is declared.
    passed = min(made / max(people, 1.0), 1 - left)
    for node in space.nodes:
        if node.kind == Kind.ADULT_MODULE:
            _shares(rows, node, Node(Kind.CERTIFICATE, node.unit), passed, left, rules)
    college = Node(Kind.COLLEGE)
    for name, end in (("completed", Kind.COLLEGE_COMPLETED), ("left", Kind.LEFT)):
        rows.add(college, Node(end), rules.college.evidence(name))
    rows.add(college, college, rules.college.persons * (1 - sum(rules.college.shares.values())))


def _shares(
    rows: Rows, node: Node, done: Node, passed: float, left: float, rules: FlowRules
) -> None:
    persons = rules.adult_modules.persons
    for target, share in ((done, passed), (Node(Kind.LEFT), left), (node, 1 - passed - left)):
        rows.add(node, target, persons * share)


def _on_the_job(trained: Training, completed: float) -> Float:
    """Certificate, leaving and going on of Fagbrev på jobb in a year, all trades together."""
    running = trained.running.get(ON_THE_JOB, none_of(trained)).sum(axis=1)
    made = trained.certificates.get(ON_THE_JOB, none_of(trained)).sum(axis=1)
    if made[1:].sum() <= 0:
        return np.zeros(3)
    found: Float = survival.from_stocks(running, made, completed, 1).posterior().alpha[0]
    return found


def begun(trained: Training, completed: float) -> Float:
    """R: contracts begun each year, `[year - 1, trade]`."""
    running, made = trained.running[APPRENTICE], trained.certificates[APPRENTICE]
    ended = made.sum(axis=0) * (1 - completed) / completed
    share = np.divide(
        ended, running.sum(axis=0), out=np.zeros(len(ended)), where=running.sum(axis=0) > 0
    )
    return apprentices.new_contracts(running, made, share)
