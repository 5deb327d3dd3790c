"""Documents of plans of the small county of `tests/places`, with an intake of drawn applicants."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl
from intake_tools import applications, rules
from made_up_run import COUNTY, Handed
from small import small
from stored import forecast

from tasks import plan_intake
from tasks.place_rules import DeclaredPlaces, read_place_rules
from tasks.places import alternatives, solve
from tasks.places import tables as plan_tables
from tasks.places.intake import tables as intake_tables
from tasks.places.intake.simulate import simulate
from tasks.places.intake.types import Offers
from tasks.places.solve import Plan
from tasks.places.types import Problem
from tasks.publish import plan as documents
from tasks.publish import report
from tasks.publish.plan_parts import Proposal
from tasks.settings import Project

DECLARED = read_place_rules(Project().reference)
DRAWS = 12


@dataclass(frozen=True)
class Page:
    """A document and what it was made of."""

    html: str
    proposal: Proposal

    @property
    def text(self) -> str:
        """What is read."""
        words = re.sub(r"<[^>]+>", " ", self.html.split("</style>", 1)[1])
        return re.sub(r"\s+", " ", words)

    @property
    def findings(self) -> str:
        """The plan in a nutshell."""
        return self.html.split('<section id="hovedfunn"', 1)[1].split("</ol>", 1)[0]

    @property
    def first(self) -> str:
        """The first part: findings, goals and what is unconfirmed."""
        return self.html.split('<section id="hovedfunn"', 1)[1].split("</section>", 1)[0]


def solved(problem: Problem | None = None) -> Plan:
    return solve.plan(problem or small())


def proposal(
    handed: Handed,
    plan: Plan,
    *,
    free: Plan | None = None,
    intake: bool = True,
    declared: DeclaredPlaces = DECLARED,
) -> Proposal:
    """A plan with its tables, and with its intake if so asked."""
    found = plan_tables.tables(plan, forecast(), declared, free)
    manifest = declared.told() | {"draws": 40, "seed": 1, "code": {"solver": "1.15"}}
    manifest |= {"inputs": {"pupils": "a" * 64}, "outputs": {"goals": "b" * 64}}
    made = None
    if intake:
        code = {"intake_sha256": "0" * 64}
        made = {"draws": DRAWS, "code": code}, simulated(plan, found)
    name = "2027-28-prove"
    return documents.read(name, manifest, found, handed.run, handed.warehouse, made)


def simulated(plan: Plan, found: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables of the intake of a plan and its alternatives, on the small county's offers."""
    problem, own = plan.problem, plan.problem.own
    schools = tuple(dict.fromkeys(own.school))
    offers = Offers(
        schools=schools,
        school_region=np.array([own.region[own.school.index(s)] for s in schools]),
        regions=problem.regions[:2],
        areas=problem.areas,
        programmes=problem.programme,
        levels=problem.level,
        county_wide=np.zeros(len(problem.areas), np.bool_),
        general=np.zeros(len(problem.areas), np.bool_),
        school=np.array([schools.index(s) for s in own.school]),
        area=own.area,
        places=own.places.astype(np.int64),
    )
    classes = alternatives.classes(problem, forecast())
    given = {
        "planen": found["classes"]["places"].to_numpy().round(),
        **{name: own.full * np.floor(c) + own.half * (c % 1 > 0) for name, c in classes.items()},
    }
    results = simulate(
        [offers.with_places(places) for places in given.values()],
        applications(offers, 3),
        rules(),
        seed=1,
        county=COUNTY,
        draws=DRAWS,
    )
    tables = {
        f"intake_{what}": pl.concat(
            make(result).select(pl.lit(name).alias("plan"), pl.all())
            for name, result in zip(given, results, strict=True)
        )
        for what, make in (
            ("goals", intake_tables.goals),
            ("empty", intake_tables.empty),
            ("offers", intake_tables.offers),
        )
    }
    return tables | {"intake_beside": plan_intake.beside(found, tables)}


def page(made: Proposal) -> Page:
    return Page(report.render(documents.document(made), "plan.html.j2"), made)
