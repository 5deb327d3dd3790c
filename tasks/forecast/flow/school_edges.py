"""Edges of pupils: entry to Vg1, the next level, re-choice, and what they leave school for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasks.errors import ConfigurationError
from tasks.forecast.flow import transitions
from tasks.forecast.flow.evidence import DESTINATIONS, Homes, School, Training
from tasks.forecast.flow.returns import to_higher_levels
from tasks.forecast.flow.rows import Areas, Rows
from tasks.forecast.flow.states import APPRENTICE, Kind, Node
from tasks.forecast.flow.transitions import Kappa, Posterior
from tasks.forecast.flow.types import FlowRules
from tasks.forecast.types import Float


def choices(
    rows: Rows,
    areas: Areas,
    at_school: School,
    at_home: Homes,
    rules: FlowRules,
    new: Entry,
) -> dict[str, Kappa]:
    """What differs between regions: entry to Vg1, and which area of the next level."""
    kappas = {}
    posterior, kappas["grade_10"] = _regional(
        np.concatenate([new.came, new.stayed_out[..., None]], axis=-1), at_home, rules
    )
    ends = [areas.pupil[a] for a in areas.first] + [Node(Kind.OUT)]
    for place, end in enumerate(ends):
        rows.add(Node(Kind.GRADE_10), end, posterior[:, place])
    persons = new.came.sum(axis=(0, 1))
    _re_choice(rows, areas, at_school, persons)
    _back(rows, areas, persons, new, rules)
    for origin, targets in areas.following.items():
        found = np.stack([_new(at_home, at_school, t) for t in targets], axis=-1)
        posterior, kappa = _regional(found, at_home, rules)
        if len(targets) > 1:
            kappas[origin] = kappa
        for place, target in enumerate(targets):
            # Where a region has never had anyone on an area, somebody may still go there.
            rows.add(Node(Kind.NEXT, origin), areas.pupil[target], posterior[:, place] + 0.1)
    return kappas


def _back(rows: Rows, areas: Areas, persons: Float, new: Entry, rules: FlowRules) -> None:
    """Out of school a year later: back on Vg1, back on a higher level, still out, or for good.

    Args:
        rows: Takes the edges.
        areas: School structure.
        persons: New from grade 10 by area of Vg1.
        new: Who comes back.
        rules: Declared assumptions.
    """
    out = Node(Kind.OUT)
    known, stay = rules.out_of_school.persons, rules.out_of_school.shares["out"]
    # Half a person: that nobody is seen to come back does not say that nobody can.
    first = (known * new.back + 0.5) * persons / max(persons.sum(), 1.0)
    for area, evidence in zip(areas.first, first, strict=True):
        rows.add(out, areas.pupil[area], float(evidence))
    for node, share in new.higher.items():
        rows.add(out, node, known * share)
    gone = 1 - stay - new.back - sum(new.higher.values())
    rows.add(out, out, known * stay)
    rows.add(out, Node(Kind.LEFT), max(known * gone, 0.5))


def _new(at_home: Homes, at_school: School, area: str) -> Float:
    """New pupils on an area, `[year, home]`: those there, less those who take it again."""
    return at_home.of(area) * (1 - at_school.share(area, "same_level"))


@dataclass(frozen=True)
class Entry:
    """Who is new on Vg1, and from where.

    Attributes:
        came: From grade 10, `[year, home, Vg1 area]`.
        stayed_out: From grade 10 to nowhere, `[year, home]`.
        out: Persons out of school, as many as the flows into and out of it keep up.
        back: Share of them who come back to Vg1 in a year.
        higher: Share of them who come back to a higher level in a year, by the hub of the level
            below, or påbygging.
    """

    came: Float
    stayed_out: Float
    out: float
    back: float
    higher: dict[Node, float]


def entry(
    areas: Areas,
    at_home: Homes,
    at_school: School,
    leaving_grade_10: Float,
    ended: float,
    not_out: float,
    rules: FlowRules,
) -> Entry:
    """Split the new on Vg1 into those from grade 10, from re-choice and from out of school.

    No source tells them apart. With n new on Vg1, c re-choices, g leaving grade 10 and the declared
    share e of them that goes straight on, d = min(e·g, n - c) come from grade 10 and n - c - d come
    back. Nobody counts those who are out either, but what goes in must come out: with l leaving
    school, w of them to apply for a place again, q leaving training and the declared share s who
    stay out,

        O = (l - w + q + g - d) / (1 - s),    b = (n - c - d) / O,    b_ℓ = R_ℓ / O

    with R of `returns.to_higher_levels`, all of them together at most 1 - s.

    Args:
        areas: School structure.
        at_home: Pupils by home.
        at_school: Destinations.
        leaving_grade_10: `[home, year]` residents, of the years counted.
        ended: q, contracts that end without certificate in a year.
        not_out: w, `returns.Again.not_out`.
        rules: Declared assumptions.
    """
    new = np.stack([_new(at_home, at_school, a) for a in areas.first], axis=-1)
    residents = leaving_grade_10[:, : len(at_home.years)].T
    pupils = at_home.pupils.sum(axis=2).mean(axis=0)
    chosen_anew, left = (
        sum(n * at_school.share(a, name) for a, n in zip(at_home.areas, pupils, strict=True))
        for name in ("re_choice", "left")
    )
    n, g = float(new.sum(axis=(1, 2)).mean()), float(residents.sum(axis=1).mean())
    moving = 1 - rules.out_of_school.shares["out"]
    straight = max(min(rules.straight * g, n - float(chosen_anew)), 0.0)
    out = max(float(left) - not_out + ended + g - straight, 0.0) / max(moving, 1e-6)
    first = max(n - float(chosen_anew) - straight, 0.0)
    higher = to_higher_levels(areas, at_home, at_school)
    # All of them together are at most those who do not stay out.
    fewer = min(1.0, moving * max(out, 1.0) / max(first + sum(higher.values()), 1e-9))
    back, *shares = (fewer * persons / max(out, 1.0) for persons in (first, *higher.values()))
    came = new * straight / max(n, 1.0)
    stayed_out = np.maximum(residents - came.sum(axis=-1), 0.0)
    return Entry(came, stayed_out, out, back, dict(zip(higher, shares, strict=True)))


def _regional(counts: Float, at_home: Homes, rules: FlowRules) -> tuple[Float, Kappa]:
    """Shares per intake region drawn towards the county's, α `[group, target]`."""
    rho = transitions.overdispersion(counts)
    evidence = transitions.effective(counts, rho)
    wide = Posterior(evidence.sum(axis=0, keepdims=True))
    found, kappas = transitions.cascade(
        evidence[:, None, :],
        wide,
        [at_home.intake],
        floor=rules.kappa_floor,
        ceiling=rules.kappa_ceiling,
    )
    return found[0].alpha[:, 0], kappas[0]


def _re_choice(rows: Rows, areas: Areas, at_school: School, came: Float) -> None:
    """Re-choice goes to the other programmes as new entrants do: the target is not registered."""
    for programme in sorted({a[:2] for a in areas.pupil}):
        others = {a: e for a, e in zip(areas.first, came, strict=True) if a[:2] != programme}
        persons = sum(at_school.alpha(a, "re_choice") for a in areas.pupil if a[:2] == programme)
        total = max(sum(others.values()), 1.0)
        for area, evidence in others.items():
            share = max(persons, 1.0) * float(evidence) / total
            rows.add(Node(Kind.RE_CHOICE, programme), areas.pupil[area], share)


def leaving_school(
    rows: Rows,
    areas: Areas,
    at_school: School,
    trained: Training,
    placed: tuple[Float, Float],
    rules: FlowRules,
) -> None:
    """Every area's destinations a year later, and those of Vg3 in school and of the unplaced."""
    split = _trade_split(trained, placed)
    for area, node in areas.pupil.items():
        trades = split.get(area, {})
        alpha = _destinations(area, areas, at_school, bool(trades))
        alpha = _applicants(alpha, trades, placed, trained, rules)
        for trade, share in trades.items():
            rows.add(node, Node(Kind.APPLY, trade), alpha["apprenticeship"] * share)
        rows.add(node, Node(Kind.NEXT, area), alpha["next_level"])
        rows.add(node, Node(Kind.RE_CHOICE, area[:2]), alpha["re_choice"])
        rows.add(node, node, alpha["same_level"])
        rows.add(node, Node(Kind.OUT), alpha["left"])
        if areas.paabygg is not None and node is not areas.paabygg:
            rows.add(node, areas.paabygg, alpha["paabygg"])
        end = (
            Node(Kind.VOCATIONAL_COMPETENCE, area)
            if "work" in areas.leads_to[area].split()
            else Node(Kind.STUDY_COMPETENCE)
        )
        rows.add(node, end, alpha["completed"])
    for trade in trained.trades:
        without, at_vg3 = Node(Kind.UNPLACED, trade), Node(Kind.SCHOOL_VG3, trade)
        rows.add(without, at_vg3, rules.unplaced.evidence("school"))
        rows.add(without, areas.paabygg or Node(Kind.OUT), rules.unplaced.evidence("paabygg"))
        rows.add(without, Node(Kind.OUT), rules.unplaced.evidence("out"))
        rows.add(without, Node(Kind.OUT, trade), rules.unplaced.evidence("again"))
        # Those who apply again do; whether there is a place is the market's business.
        rows.add(Node(Kind.OUT, trade), Node(Kind.APPLY, trade), 1.0)
        rows.add(at_vg3, Node(Kind.CERTIFICATE, trade), rules.school_vg3.evidence("completed"))
        rows.add(at_vg3, Node(Kind.OUT), rules.school_vg3.evidence("out"))


def _destinations(area: str, areas: Areas, at_school: School, has_trades: bool) -> dict[str, float]:
    """α per destination, on those that the structure knows; others count as having left."""
    names = ("next_level", "apprenticeship", "paabygg", "re_choice", "same_level", "completed")
    alpha = {name: at_school.alpha(area, name) for name in (*names, "left")}
    possible = {
        "next_level": area in areas.following,
        "apprenticeship": has_trades,
        "paabygg": areas.paabygg is not None and areas.pupil[area].step == 2,
        "completed": areas.pupil[area].step == 3,
    }
    for name, may in possible.items():
        if not may:
            alpha["left"] += alpha[name]
            alpha[name] = 0.0
    if not sum(alpha.values()):
        raise ConfigurationError(
            subject=f"elevstrømmen, {area}",
            expected="overganger fra området i minst ett skoleår",
            got="ingen",
            remedy="legg området til i overgangsfilen, eller ta det ut av programme_area.csv",
        )
    return alpha


def found_in_training(at_school: School, trained: Training, placed: tuple[Float, Float]) -> Float:
    """Pupils a year who are in training the year after, by trade `[trade]`."""
    split = _trade_split(trained, placed)
    place = DESTINATIONS.index("apprenticeship")
    counted = dict(zip(at_school.areas, at_school.counts[:, place], strict=True))
    return np.array(
        [
            counted.get(area, 0.0) / max(at_school.years, 1) * split[area][trade]
            for trade, area in zip(trained.trades, trained.area, strict=True)
        ]
    )


def _trade_split(trained: Training, placed: tuple[Float, Float]) -> dict[str, dict[str, float]]:
    """How applicants of a Vg2 area spread on its trades: as applicants did, else as contracts."""
    asked = np.nan_to_num(placed[0]).sum(axis=0)
    running = trained.running[APPRENTICE].sum(axis=0)
    weight = np.where(asked > 0, asked, running * asked.sum() / max(running.sum(), 1.0))
    split: dict[str, dict[str, float]] = {}
    for trade, area, share in zip(trained.trades, trained.area, weight, strict=True):
        split.setdefault(area, {})[trade] = float(share)
    return {
        area: {t: w / max(sum(shares.values()), 1e-9) for t, w in shares.items()}
        for area, shares in split.items()
    }


def _applicants(
    alpha: dict[str, float],
    trades: dict[str, float],
    placed: tuple[Float, Float],
    trained: Training,
    rules: FlowRules,
) -> dict[str, float]:
    """From those found in training a year later to those who applied.

    The transition register shows who got a place. With u of the area's applicants without one,
    those who applied are a = found / (1 - u); the a·u others stand in the register where the
    unplaced go, and are taken from there: never more than nine tenths of what is there.
    """
    asked, got = (
        float(sum(np.nansum(v[:, trained.trades.index(t)]) for t in trades)) for v in placed
    )
    if not trades or asked <= 0 or got <= 0:
        return alpha
    out = sum(rules.unplaced.shares[name] for name in ("out", "again", "school"))
    on = rules.unplaced.shares["paabygg"]
    without = alpha["apprenticeship"] * (asked - got) / got
    for name, share in (("left", out), ("paabygg", on)):
        if share > 0:
            without = min(without, 0.9 * alpha[name] / share)
    return alpha | {
        "apprenticeship": alpha["apprenticeship"] + without,
        "left": alpha["left"] - without * out,
        "paabygg": alpha["paabygg"] - without * on,
    }
