"""Pupils assigned anew: the same goals as a placement from scratch, and as few moved as will do."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest
from small import small

from tasks.places import measure, openings, solve
from tasks.places.measure import MAY_BREAK, NEARLY, Placement
from tasks.places.model import arcs, wishes
from tasks.places.reassign import Reassignment
from tasks.places.types import Pairs, Problem

FILLED = [rule for rule in MAY_BREAK if rule != "minstefylling"]


@functools.cache
def plan():
    return solve.plan(small())


@functools.cache
def pupils():
    return Reassignment(plan())


def with_step(pair, step):
    classes = plan().classes.copy()
    classes[pair] = max(classes[pair] + step, 0)
    return classes


def from_scratch(pair):
    """A placement from nothing of those whom wishes tie to a pair; the others are held."""
    placement, problem = Placement(plan(), FILLED), small()
    _, first, _ = wishes(problem)
    area = {
        "wish": first,
        "without_place": np.nonzero(problem.right)[1],
        "placed": np.concatenate([problem.own.area, problem.others.area])[arcs(problem)[1]],
    }
    for name, of in area.items():
        at = plan().model.columns[name][~problem.choice[problem.own.area[pair]][of]]
        held = plan().x[at]
        placement.solver.changeColsBounds(len(at), at.astype(np.int32), held, held)
    # How far goals give way in the plan is learnt again, of these alone.
    placement._spare = [NEARLY] * len(placement.order)
    placement._by_goals(plan().classes, shared=True, like_the_plan=True)
    return placement


def most(placement):
    """By goal of pupils, what a placement lets it be: its best, and what the plan gives way."""
    rows = np.array(placement.solver.getLp().row_upper_)[placement.model.matrix.shape[0] :]
    ids = [g.id for g in small().goals if g.id in measure.OF_PUPILS]
    constants = placement.model.constants[placement.order]
    return dict(zip(ids, (rows + constants)[1:], strict=True))


@pytest.mark.parametrize(("step", "least"), [(1.0, 2), (-1.0, 5), (0.0, 8)])
def test_goals_are_as_good_as_of_a_placement_from_scratch_of_those_tied_by_wishes(step, least):
    compared = 0
    for pair in range(8):
        classes = with_step(pair, step)
        placement = from_scratch(pair)
        wanted = placement.place(classes, shared=True)
        if wanted is None:
            continue
        found = pupils().assign(classes)
        if found.short > 1e-6 or wanted.without - found.without.sum() > 1e-4:
            # Here the right goes before the fill; from scratch it was the other way round.
            continue
        compared += 1
        values = measure.goals(small(), found.plan)
        for goal, limit in most(placement).items():
            assert values[goal] <= limit + 0.02, (pair, goal)
    assert compared >= least


@pytest.mark.parametrize("step", [1.0, -1.0])
def test_nobody_moves_whom_no_wish_ties_to_the_class(step):
    problem, (_, to) = small(), arcs(small())
    area = np.concatenate([problem.own.area, problem.others.area])[to]
    for pair in range(8):
        found = pupils().assign(with_step(pair, step))
        more = found.plan.block("placed") - plan().block("placed")
        assert not more[~problem.choice[problem.own.area[pair]][area]].any()


def test_nothing_moves_where_no_class_does():
    found = pupils().assign(plan().classes)
    assert pupils().moves(found, 0).moved.sum() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("step", [1.0, -1.0])
def test_who_leaves_a_place_gets_another_or_none(step):
    for pair in range(8):
        classes = with_step(pair, step)
        moves = pupils().moves(pupils().assign(classes), pair)
        assert moves.pair.sum() == pytest.approx(-moves.without.sum(), abs=1e-6)
        assert moves.here.sum() == pytest.approx(moves.pair[pair], abs=1e-6)
        assert (moves.moved >= np.abs(moves.here) - 1e-6).all()
        assert (moves.other_area <= moves.moved + 1e-6).all()


def test_no_more_are_moved_than_when_pupils_are_placed_from_scratch():
    home, _ = arcs(small())
    before = pupils().base.plan.block("placed")
    fewer = 0
    for pair in range(8):
        classes = with_step(pair, -1.0)
        placement = Placement(plan(), FILLED)
        if placement.place(classes, shared=True) is None:
            continue
        scratch = np.array(placement.solver.getSolution().col_value)
        anew = scratch[placement.model.columns["placed"]]
        found = pupils().assign(classes)
        if found.without.sum() > 1e-6:
            continue
        mine = np.bincount(home, np.maximum(found.plan.block("placed") - before, 0)).sum()
        theirs = np.bincount(home, np.maximum(anew - before, 0)).sum()
        assert mine <= theirs + 0.05
        fewer += mine < theirs - 0.5
    assert fewer > 0


def test_the_order_of_questions_does_not_matter():
    first, other = Reassignment(plan()), Reassignment(plan())
    for pair in range(8):
        other.assign(with_step(pair, -1.0))
    for pair in (6, 2):
        a, b = (one.assign(with_step(pair, 1.0)).plan for one in (first, other))
        np.testing.assert_array_equal(a.block("placed"), b.block("placed"))
        mine, theirs = (measure.goals(small(), found) for found in (a, b))
        assert mine == pytest.approx(theirs, abs=0.01)


def test_a_class_that_nobody_wants_is_short_of_pupils():
    problem = small()
    choice = problem.choice.copy()
    choice[2, 3] = False
    none = replace(problem, right=np.where(np.arange(5) == 3, 0, problem.right), choice=choice)
    empty = Reassignment(solve.plan(none))
    classes = empty.plan.classes.copy()
    classes[3] = 1
    found = empty.assign(classes)
    assert 0 < found.short <= 15 * problem.minimum_fill
    assert found.without.sum() == pytest.approx(0, abs=1e-4)


def without_pair(problem: Problem, pair: int) -> Problem:
    """The problem where a school does not have a pair."""
    own, left = problem.own, [k for k in range(len(problem.own)) if k != pair]
    kept = Pairs(
        school=tuple(own.school[k] for k in left),
        name=tuple(own.name[k] for k in left),
        area=own.area[left],
        region=own.region[left],
        classes=own.classes[left],
        places=own.places[left],
        full=own.full[left],
        half=own.half[left],
        most=own.most[left],
        rate=own.rate[left],
        reserved=own.reserved[left],
    )
    every = [*left, len(own)]
    position = {k: n for n, k in enumerate(left)}
    return replace(
        problem,
        own=kept,
        beyond=problem.beyond[:, every],
        outside=problem.outside[:, every],
        cell=problem.cell[every],
        combined=tuple(np.array([position[int(k)] for k in g]) for g in problem.combined),
        rooms=replace(problem.rooms, member=problem.rooms.member[:, left]),
    )


def test_a_plan_is_carried_to_a_problem_with_one_pair_more():
    before = solve.plan(without_pair(small(), 1))
    carried = openings.carried(before, small())
    assert carried.classes.tolist() == np.insert(before.classes, 1, 0).tolist()
    for name in ("adult_places", "college_places", "special_groups", "combined", "combined_seats"):
        assert carried.block(name).tolist() == before.block(name).tolist(), name
    placed = Reassignment(carried).base
    wanted = Reassignment(before).base
    assert placed.without.sum() == pytest.approx(wanted.without.sum(), abs=1e-4)
    mine, theirs = (measure.goals(p.plan.problem, p.plan) for p in (placed, wanted))
    for goal in ("uten_laereplass", "forstevalg", "reise", "kostnad"):
        assert mine[goal] == pytest.approx(theirs[goal], abs=0.01), goal
