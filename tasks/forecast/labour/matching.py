"""From occupations to programme areas: strict, flexible, and what a programme can reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from tasks.forecast.firmness import CONFIDENCE, FIRM
from tasks.forecast.labour.staffing import code_employed
from tasks.forecast.labour.types import LabourData, LabourRules
from tasks.forecast.types import Array, Float, Index

STEPS = (
    "programme area × county",
    "programme × county",
    "programme × nation",
    "level × nation",
)
# Education levels of the table by occupation (NUS level) → where such people come from.
_LEVEL_OF_TARGET = {"UH": ("5-6", "7-8"), "FS": ("4",), "INGEN": ("1-2",)}
_SECONDARY = ("3",)


@dataclass(frozen=True)
class Matching:
    """Shares of an occupation's openings by where its people come from.

    Attributes:
        strict: `[occupation, target]`, rows sum to 1.
        flexible: `[occupation, target]`, rows sum to 1: jobs of a two-digit group are open to all
            who come to any of them.
        flexibility: `[occupation, target]` F_o|p, columns sum to 1: where people of a target work.
        step: `[occupation, target]` place in `STEPS`.
        persons: `[occupation, target]` persons behind the step.
        rank: `[occupation, target]` place in `CONFIDENCE` of the weakest row behind; −1 where the
            share is 0.
        firm: `[occupation, target]` part of the share that rests on firm rows.
    """

    strict: Float
    flexible: Float
    flexibility: Float
    step: Index
    persons: Float
    rank: Index
    firm: Float

    def log(self, data: LabourData) -> pl.DataFrame:
        """The waterfall, one row a cell with a share: which step it used, and n."""
        o, p = np.nonzero(self.strict > 0)
        return pl.DataFrame(
            {
                "occupation_code": [data.occupations[i] for i in o],
                "target_code": [data.targets[i] for i in p],
                "share": self.strict[o, p],
                "step": [STEPS[i] for i in self.step[o, p]],
                "persons": self.persons[o, p],
                "confidence": [CONFIDENCE[i] for i in self.rank[o, p]],
            },
            schema_overrides={"share": pl.Float64, "persons": pl.Float64},
        )


def fit(data: LabourData, rules: LabourRules, employed: Float) -> Matching:
    """The matrices from the crosswalk of codes with four digits.

    Args:
        data: Gives the crosswalk and who works in each code.
        rules: Give the fewest persons behind a share.
        employed: `[occupation, region]` persons, weighs the flexible matrix.
    """
    county = code_employed(data)
    # Only what is published counts as evidence; what is filled in says nothing of the county.
    counted = np.nan_to_num(data.code_county)
    shares, persons = _steps(data, county, counted, data.national[-1].sum(axis=-1))
    strict, step, n = waterfall(shares, persons, rules.waterfall_min)
    of = employed.sum(axis=1)
    flexible = flexible_matrix(strict, of, data.group_of)
    rank = np.where(strict > 0, _rank(data, step), -1)
    return Matching(
        strict=strict,
        flexible=flexible,
        flexibility=flexibility(flexible, of),
        step=step,
        persons=n,
        rank=np.where((strict > 0) & (rank < 0), len(CONFIDENCE) - 1, rank),
        firm=strict * _firm_share(data, county, step),
    )


def waterfall(shares: Float, persons: Float, least: float) -> tuple[Float, Index, Float]:
    """Each cell takes the narrowest step with enough persons behind; rows are then set to sum to 1.

    Args:
        shares: `[step, occupation, target]`, each step's rows sum to 1.
        persons: `[step, occupation, target]` persons behind each share.
        least: Fewest persons of a step; the last step asks for none.

    Returns:
        `[occupation, target]` shares, step of each cell, persons behind it.
    """
    enough = persons >= least
    enough[-1] = True
    step = enough.argmax(axis=0)
    chosen = np.take_along_axis(shares, step[None], axis=0)[0]
    total = chosen.sum(axis=1, keepdims=True)
    # Cells of different steps may leave a row empty: the widest step always sums to 1.
    whole = np.where(total > 0, chosen / np.where(total > 0, total, 1.0), shares[-1])
    step = np.where(total > 0, step, len(shares) - 1)
    return whole, step, np.take_along_axis(persons, step[None], axis=0)[0]


def flexible_matrix(strict: Float, employed: Float, group_of: Index) -> Float:
    """M^F_p|o = Σ_{o′ in the group of o} E_o′ M_p|o′ / Σ E_o′.

    The other end of what the strict matrix says: within a group of two digits anyone may take any
    job, as the learned-to-practised matrix of QuBe lets people move. No published table tells how
    far people in Norway move between learned and practised occupation, so both ends are shown.
    """
    groups = int(group_of.max(initial=-1)) + 1
    mass = np.zeros((groups, strict.shape[1]))
    weight = np.maximum(employed, 1e-9)
    np.add.at(mass, group_of, weight[:, None] * strict)
    mixed: Float = (mass / mass.sum(axis=1, keepdims=True))[group_of]
    return mixed


def flexibility(matrix: Float, employed: Float) -> Float:
    """F_o|p = M_p|o E_o / Σ_o′ M_p|o′ E_o′: where the people of a target work.

    Returns:
        `[occupation, target]`; columns sum to 1, or to 0 where nobody comes by the target.
    """
    people = matrix * employed[:, None]
    total = people.sum(axis=0, keepdims=True)
    share: Float = np.divide(people, total, out=np.zeros_like(people), where=total > 0)
    return share


def demand(openings: Array, matrix: Float) -> Array:
    """D_prt = Σ_o M_p|o JO_ort.

    Args:
        openings: `[draw, occupation, region, year]` persons.
        matrix: `[occupation, target]`.

    Returns:
        `[draw, target, region, year]` persons.
    """
    draws, occupations, regions, years = openings.shape
    flat = openings.reshape(draws, occupations, regions * years)
    needed: Array = np.matmul(matrix.T.astype(np.float32), flat)
    return needed.reshape(draws, matrix.shape[1], regions, years)


def reachable(openings: Float, matching: Matching, least: float) -> Float:
    """Openings that the people of a target can reach: all of those in the occupations open to them.

    An occupation is open to a target when at least `least` of its people come that way, or at least
    `least` of the target's people work there when they may move within the group, or more of them
    than anywhere else. Several targets reach the same opening, so these do not add up.

    Args:
        openings: `[occupation, region, year]` mean persons.
        matching: Gives the matrices.
        least: Share.

    Returns:
        `[target, region, year]` persons.
    """
    spread = matching.flexibility
    most = (spread > 0) & (spread >= spread.max(axis=0, keepdims=True))
    is_open = (matching.strict >= least) | (spread >= least) | most
    reached: Float = np.tensordot(is_open.T.astype(np.float64), openings, axes=1)
    return reached


def coverage(matching: Matching, openings: Float, staffing_firm: bool) -> Float:
    """Share of each target's openings that rests on firm rows.

    Args:
        matching: Gives the share and its firm part.
        openings: `[occupation, …]` mean openings.
        staffing_firm: Whether growth by occupation rests on firm rows; if not, nothing does.

    Returns:
        `[target, …]` share 0–1; 0 where there are no openings.
    """
    every = np.tensordot(matching.strict.T, openings, axes=1)
    firm = np.tensordot(matching.firm.T, openings, axes=1) * float(staffing_firm)
    part: Float = np.divide(firm, every, out=np.zeros_like(every), where=every > 0)
    return part


def weakest_rank(matching: Matching, openings: Float) -> Index:
    """Weakest confidence among the rows that each target's openings rest on, `[target]`.

    Args:
        matching: Gives the rank of each cell.
        openings: `[occupation]` mean openings; occupations without any lend no weakness.
    """
    used = (matching.strict > 0) & (openings > 0)[:, None]
    worst: Index = np.where(used, matching.rank, -1).max(axis=0, initial=-1)
    return worst


def _steps(data: LabourData, county: Float, counted: Float, nation: Float) -> tuple[Float, Float]:
    """Shares and persons of the four steps, `[step, occupation, target]`.

    Persons are those whose distribution a step's share is: of the occupation and programme in the
    county (they are split by area), of the occupation in the county, of the occupation in the
    nation, of the group in the nation. A small share of a large occupation is not thin.
    """
    in_county = _mix(data, county)
    in_nation = _mix(data, np.maximum(nation, 0.5))
    family = np.array([[p == q for q in data.programmes] for p in data.programmes], np.float64)
    sums = np.maximum(in_nation @ family, 1e-300)
    # Within a programme the nation's areas; the programme's own share is the county's.
    wide = in_county @ family * in_nation / sums
    # Areas that the nation does not have in the programme leave the share to those of the county.
    wide = np.where((in_nation @ family) > 0, wide, in_county)
    shares = np.stack([in_county, wide, in_nation, _by_level(data, in_nation)])
    here = data.to_occupations(counted[:, None] * data.weight)
    wide_people = data.to_occupations(nation)
    base = [
        here @ family,
        np.broadcast_to(here.sum(axis=1, keepdims=True), here.shape),
        np.broadcast_to(wide_people[:, None], here.shape),
        np.broadcast_to(data.to_groups(wide_people)[data.group_of][:, None], here.shape),
    ]
    return shares, np.stack(base)


def _mix(data: LabourData, people: Float) -> Float:
    """M_p|o = Σ_c E_c M_p|c / Σ_c E_c over the codes of an occupation."""
    weight = np.maximum(people, 1e-9)
    mixed = data.to_occupations(weight[:, None] * data.weight)
    share: Float = mixed / mixed.sum(axis=1, keepdims=True)
    return share


def _by_level(data: LabourData, in_nation: Float) -> Float:
    """The group's shares, their levels set to what the table by education level says.

    Levels: university and college, vocational college, upper secondary (all programme areas), none.
    Without the table the group's own levels stay.
    """
    people = np.maximum(data.to_occupations(data.national[-1].sum(axis=-1)), 0.5)
    group = data.to_groups(people[:, None] * in_nation)
    group = group / group.sum(axis=1, keepdims=True)
    if not data.levels:
        own: Float = group[data.group_of]
        return own
    level_of = [_LEVEL_OF_TARGET.get(t, _SECONDARY) for t in data.targets]
    kinds = sorted(set(level_of))
    inside = np.array([[kind == k for kind in level_of] for k in kinds], np.float64)
    told = np.stack(
        [
            sum(
                (data.level[:, data.levels.index(level)] for level in kind if level in data.levels),
                start=np.zeros(len(data.groups)),
            )
            for kind in kinds
        ],
        axis=1,
    )
    known = told.sum(axis=1, keepdims=True) > 0
    wanted = np.divide(told, told.sum(axis=1, keepdims=True), out=np.zeros_like(told), where=known)
    mine = group @ inside.T
    # A level that the crosswalk gives nothing in the group cannot be split: it is left out.
    lift = np.divide(wanted, mine, out=np.zeros_like(mine), where=mine > 0)
    moved = group * (lift @ inside)
    total = moved.sum(axis=1, keepdims=True)
    usable = known & (total > 0)
    spread: Float = np.where(usable, moved / np.where(total > 0, total, 1.0), group)
    return spread[data.group_of]


def _rank(data: LabourData, step: Index) -> Index:
    """Weakest confidence of the rows behind each cell `[occupation, target]`; −1 without a row.

    The widest step rests on the rows of the whole group.
    """
    rank = np.full((len(data.occupations), len(data.targets)), -1)
    np.maximum.at(rank, data.occupation_of, data.weight_confidence)
    group = np.full((len(data.groups), len(data.targets)), -1)
    np.maximum.at(group, data.group_of, rank)
    return np.where(step == len(STEPS) - 1, group[data.group_of], rank)


def _firm_share(data: LabourData, county: Float, step: Index) -> Float:
    """Part of each cell that rests on firm rows, by persons; 0 for cells of the widest step."""
    firm_word = np.array([w in FIRM for w in CONFIDENCE])
    firm = (data.weight_confidence >= 0) & firm_word[data.weight_confidence]
    people = np.maximum(county, 1e-9)[:, None] * data.weight
    every, sure = data.to_occupations(people), data.to_occupations(people * firm)
    part = np.divide(sure, every, out=np.zeros_like(every), where=every > 0)
    held: Float = np.where(step < len(STEPS) - 1, part, 0.0)
    return held
