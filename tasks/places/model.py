"""A `Problem` as rows and columns. Formulas: docs/method/places.md."""

from __future__ import annotations

import numpy as np

from tasks.forecast.types import Float, Index
from tasks.places import need
from tasks.places.linear import Builder, Model
from tasks.places.rules import Goal
from tasks.places.types import Convex, Problem

SEP = " · "
Terms = list[tuple[Index, Float | float]]


def build(problem: Problem) -> Model:
    """The integer programme, with every goal of the problem in its order."""
    b = Builder()
    _classes(b, problem)
    _pupils(b, problem)
    _filled(b, problem)
    _limits(b, problem)
    _adults(b, problem)
    _colleges(b, problem)
    _specials(b, problem)
    cost = _cost(b, problem)
    _change(b, problem)
    terms: dict[Goal, tuple[Terms, float]] = {
        "udekket_behov": _unmet(b, problem),
        "uten_laereplass": _without_apprenticeship(b, problem),
        "forstevalg": _other_choice(b, problem),
        "reise": _ways(b, problem),
        "kostnad": (cost, 0.0),
        "endring_fra_i_aar": ([(b.columns["change"], 1.0)], 0.0),
    }
    return b.model([terms[goal.id] for goal in problem.goals])


def _classes(b: Builder, problem: Problem) -> None:
    """Whole classes n, a half class h, whether open o; shared classes c with seats q."""
    own, count = problem.own, len(problem.own)
    # What is fixed by hand may be above what the rules let a pair grow to; rules then tell of it.
    most = own.most.copy()
    for set_ in problem.fixed:
        most[set_.pair] = max(most[set_.pair], set_.classes)
    n = b.add("whole_classes", 0, np.floor(most), count, whole=True)
    h = b.add("half_class", 0, (own.half > 0).astype(np.float64), count, whole=True)
    o = b.add("open", 0, 1, count, whole=True)
    b.put(r := b.rows("", -np.inf, 0, count), n, 1.0)
    b.put(r, o, -np.maximum(np.floor(most), 1))
    b.columns["open_rows"] = r
    b.put(r := b.rows("", -np.inf, 0, count), h, 1.0)
    b.put(r, o, -1.0)
    # Nothing is open without a class: whole classes need not this, but their relaxation does.
    b.put(r := b.rows("", -np.inf, 0, count), o, 1.0)
    b.put(r, n, -1.0)
    b.put(r, h, -1.0)
    b.add("combined", 0, 1, len(problem.combined), whole=True)
    sizes = [len(group) for group in problem.combined]
    member = np.concatenate([*problem.combined, np.zeros(0, np.intp)]).astype(np.intp)
    full = own.full[member]
    q = b.add("combined_seats", 0, full, len(member), whole=True)
    group = np.repeat(np.arange(len(sizes), dtype=np.intp), sizes)
    shared = _shared_size(problem)
    b.put(r := b.rows("", -np.inf, 0, len(sizes)), b.columns["combined"], -shared)
    b.put(r[group], q, 1.0)
    b.columns["combined_member"], b.columns["combined_group"] = member, group


def of_classes(classes: Float) -> dict[str, Float]:
    """What `[pair]` classes are in each block of whole columns that says them."""
    return {
        "whole_classes": np.floor(classes),
        "half_class": (classes % 1 > 0).astype(np.float64),
        "open": (classes > 0).astype(np.float64),
    }


def _shared_size(problem: Problem) -> Float:
    """Places in a shared class: the smallest of its areas' classes."""
    return np.array([problem.own.full[g].min() for g in problem.combined], dtype=np.float64)


def arcs(problem: Problem) -> tuple[Index, Index]:
    """Home region and pair (own then others) of each arc of pupils to places."""
    area = np.concatenate([problem.own.area, problem.others.area])
    regions = len(problem.regions)
    wanted = problem.choice.T @ (problem.right.T > 0)
    region, pair = np.nonzero(wanted[area].T[:regions])
    return region.astype(np.intp), pair.astype(np.intp)


def wishes(problem: Problem) -> tuple[Index, Index, Index]:
    """Home region, first choice and area of each way that a right may be met."""
    region, first = np.nonzero(problem.right)
    counted, area = np.nonzero(problem.choice[first])
    return region[counted].astype(np.intp), first[counted].astype(np.intp), area.astype(np.intp)


def _pupils(b: Builder, problem: Problem) -> None:
    """z: by first choice and what they get; x: by school. Everyone with the right has a place."""
    region, first, area = wishes(problem)
    z = b.add("wish", 0, np.inf, len(region))
    areas, regions = len(problem.areas), len(problem.regions)
    where = np.flatnonzero(problem.right.ravel())
    row_of = np.full(regions * areas, -1)
    row_of[where] = np.arange(len(where))
    held = problem.right.ravel()[where]
    rule = [
        SEP.join(
            (
                "rett",
                f"Vg{problem.level[g % areas]}",
                problem.area_names[g % areas],
                problem.regions[g // areas],
            )
        )
        for g in where
    ]
    least = np.where(problem.has_right[where // areas], held, 0.0)
    r = b.rows(rule, least, held, len(where))
    b.put(r[row_of[region * areas + first]], z, 1.0)
    # Those who are not placed at all: none, unless another plan is measured, which may lack some.
    b.put(r, b.add("without_place", 0, 0, len(where)), 1.0)
    home, pair = arcs(problem)
    x = b.add("placed", 0, np.inf, len(home))
    every = np.concatenate([problem.own.area, problem.others.area])
    balance = b.rows("", 0, 0, regions * areas)
    b.put(balance[region * areas + area], z, 1.0)
    b.put(balance[home * areas + every[pair]], x, -1.0)


def _filled(b: Builder, problem: Problem) -> None:
    """Nobody without a place in a class; no class below the minimum; others' places are given."""
    own, count = problem.own, len(problem.own)
    _, pair = arcs(problem)
    x, mine = b.columns["placed"], pair < count
    member, q = b.columns["combined_member"], b.columns["combined_seats"]
    n, h, o = (b.columns[name] for name in ("whole_classes", "half_class", "open"))
    fill = problem.minimum_fill
    seats = b.rows(
        [SEP.join(("plasser", problem.label(k))) for k in range(count)], -np.inf, 0, count
    )
    least = b.rows(
        [SEP.join(("minstefylling", problem.label(k))) for k in range(count)], 0, np.inf, count
    )
    for rows in (seats, least):
        b.put(rows[pair[mine]], x[mine], 1.0)
        b.put(rows, n, -own.full)
        b.put(rows[member], q, -1.0)
    b.put(seats, h, -own.half)
    b.put(seats, o, np.minimum(own.reserved, own.full))
    # The last class may lack (1 − φ) of its places: a half one of its own, else a whole one.
    b.put(least, h, -fill * own.half - (1 - fill) * own.full)
    b.put(least, o, (1 - fill) * own.full + np.minimum(own.reserved, own.full))
    groups = len(problem.combined)
    shared = b.rows(
        [
            SEP.join(("minstefylling", f"felles klasse, {problem.own.name[g[0]]}"))
            for g in problem.combined
        ],
        0,
        np.inf,
        groups,
    )
    b.put(shared[b.columns["combined_group"]], q, 1.0)
    b.put(shared, b.columns["combined"], -fill * _shared_size(problem))
    others = b.rows(
        [SEP.join(("private plasser", name)) for name in problem.others.name],
        -np.inf,
        problem.others.places,
        len(problem.others),
    )
    b.put(others[pair[~mine] - count], x[~mine], 1.0)


def _limits(b: Builder, problem: Problem) -> None:
    """Teachers by pair, rooms by school, and what people have set."""
    own, count = problem.own, len(problem.own)
    n, h = b.columns["whole_classes"], b.columns["half_class"]
    r = b.rows(
        [SEP.join(("laerere", problem.label(k))) for k in range(count)], -np.inf, own.most, count
    )
    b.put(r, n, 1.0)
    b.put(r, h, 0.5)
    rooms = problem.rooms
    r = b.rows(
        [SEP.join(("rom", name)) for name in rooms.name], -np.inf, rooms.most, len(rooms.name)
    )
    room, pair = np.nonzero(rooms.member)
    b.put(r[room], n[pair], 1.0)
    b.put(r[room], h[pair], 0.5)
    for group, pairs in enumerate(problem.combined):
        # A shared class takes one room, wherever all that share it may be.
        held = np.flatnonzero(rooms.member[:, pairs].any(axis=1))
        b.put(r[held], b.columns["combined"][[group]], 1.0)
    at = np.array([f.pair for f in problem.fixed], dtype=np.intp)
    value = np.array([f.classes for f in problem.fixed], dtype=np.float64)
    r = b.rows([SEP.join(("fast", problem.label(int(k)))) for k in at], value, value, len(at))
    b.put(r, n[at], 1.0)
    b.put(r, h[at], 0.5)


def _adults(b: Builder, problem: Problem) -> None:
    """Groups for adults: each trade's gap, and places in sum for those with the right."""
    adults, count = problem.adults, len(problem.adults.code)
    most = np.minimum(adults.limit, adults.demand)
    a = b.add("adult_places", 0, most, count, whole=True)
    g = b.add("adult_groups", 0, np.ceil(adults.demand / adults.group) + 1, count, whole=True)
    gap = b.add("adult_gap", 0, np.inf, count)
    b.put(r := b.rows("", -np.inf, 0, count), a, 1.0)
    b.put(r, g, -float(adults.group))
    b.put(r := b.rows("", adults.demand, adults.demand, count), a, 1.0)
    b.put(r, gap, 1.0)
    possible = min(adults.right * adults.demand.sum(), most.sum())
    r = b.rows(SEP.join(("voksne", "én av tre sluttkompetanser")), possible, np.inf, 1)
    b.put(np.broadcast_to(r, count), a, 1.0)


def _colleges(b: Builder, problem: Problem) -> None:
    """Funded places of vocational colleges: within the grant, none below the least start."""
    offers, count = problem.colleges, len(problem.colleges.code)
    most = np.minimum(offers.limit, np.maximum(offers.demand, offers.now))
    f = b.add("college_places", 0, most, count, whole=True)
    start = b.add("college_start", 0, 1, count, whole=True)
    gap = b.add("college_gap", 0, np.inf, count)
    b.put(r := b.rows("", -np.inf, 0, count), f, 1.0)
    b.put(r, start, -most)
    least = np.minimum(offers.minimum, np.maximum(most, 1))
    r = b.rows(
        [SEP.join(("fagskole", f"minste start, {n}")) for n in offers.name], 0, np.inf, count
    )
    b.put(r, f, 1.0)
    b.put(r, start, -least)
    b.put(r := b.rows("", offers.demand, np.inf, count), f, 1.0)
    b.put(r, gap, 1.0)
    r = b.rows(SEP.join(("fagskole", "ramme etter reserve")), -np.inf, offers.budget, 1)
    b.put(np.broadcast_to(r, count), f, offers.rate)


def _specials(b: Builder, problem: Problem) -> None:
    """Groups with rules of their own hold all their persons."""
    found, count = problem.specials, len(problem.specials.id)
    rule = [
        "vg3-i-skole" if i == "vg3-i-skole" else SEP.join(("egne grupper", i)) for i in found.id
    ]
    v = b.add("special_groups", 0, np.inf, count, whole=True)
    b.put(b.rows(rule, found.persons, np.inf, count), v, found.group)


def cost_terms(problem: Problem, columns: dict[str, Index]) -> Terms:
    """Kroner a column: a class costs the same whether it is full or not."""
    own, adults, found = problem.own, problem.adults, problem.specials
    shared = np.array(
        [problem.own.rate[g].max() * problem.own.full[g].min() for g in problem.combined]
    )
    return [
        (columns["whole_classes"], own.rate * own.full),
        (columns["half_class"], own.rate * own.half),
        (columns["combined"], shared.reshape(-1)),
        (columns["adult_groups"], adults.rate * adults.group),
        (columns["special_groups"], found.rate * found.group),
    ]


def _cost(b: Builder, problem: Problem) -> Terms:
    terms = cost_terms(problem, b.columns)
    r = b.rows("budsjett", -np.inf, problem.budget / 1e6, 1)
    for columns, values in terms:
        # In millions, so that the row is of the size of the others.
        b.put(np.broadcast_to(r, len(columns)), columns, np.asarray(values) / 1e6)
    return [*terms, (b.columns["college_places"], problem.colleges.rate)]


def _change(b: Builder, problem: Problem) -> None:
    count = len(problem.own)
    change = b.add("change", 0, np.inf, count)
    for sign in (1.0, -1.0):
        r = b.rows("", -np.inf, sign * problem.own.classes, count)
        b.put(r, b.columns["whole_classes"], sign)
        b.put(r, b.columns["half_class"], sign * 0.5)
        b.put(r, change, -1.0)
    # What people have set is theirs to answer for, and does not use up what the plan may change.
    free = np.setdiff1d(np.arange(count), [f.pair for f in problem.fixed])
    r = b.rows("endring", -np.inf, problem.most_change, 1)
    b.put(np.broadcast_to(r, len(free)), change[free], 1.0)


def _convex(b: Builder, name: str, function: Convex, most: Float) -> tuple[Index, Terms, float]:
    """Segments whose sum is a quantity up to `most`; rows that the quantity's columns go into."""
    cell, length, slope, at_none = need.segments(function, most)
    s = b.add(name, 0, length, len(cell))
    r = b.rows("", 0, 0, len(most))
    b.put(r[cell], s, -1.0)
    return r, [(s, slope)], float(at_none.sum())


def _unmet(b: Builder, problem: Problem) -> tuple[Terms, float]:
    """E[(need − pupils placed)⁺] over cells, and what adults and colleges lack."""
    every = np.concatenate([problem.own.area, problem.others.area])
    of_cell = np.zeros(len(problem.need.name), dtype=np.intp)
    of_cell[problem.cell] = every
    _, pair = arcs(problem)
    r, terms, constant = _convex(b, "need_segment", problem.need, reach(problem)[of_cell])
    b.put(r[problem.cell[pair]], b.columns["placed"], 1.0)
    gaps: Terms = [(b.columns["adult_gap"], 1.0), (b.columns["college_gap"], 1.0)]
    return [*terms, *gaps], constant


def reach(problem: Problem) -> Float:
    """`[area]` persons who may get it at all: those who have it among their choices."""
    return np.asarray(problem.right.sum(axis=0) @ problem.choice, dtype=np.float64)


def _without_apprenticeship(b: Builder, problem: Problem) -> tuple[Terms, float]:
    """E[ρ (X − B)⁺] by the pupils X that an area gets."""
    _, _, area = wishes(problem)
    position = np.full(len(problem.areas), -1)
    position[problem.apprentice_area] = np.arange(len(problem.apprentice_area))
    most = reach(problem)[problem.apprentice_area]
    r, terms, constant = _convex(b, "apprentice_segment", problem.apprentice, most)
    counts = position[area] >= 0
    b.put(r[position[area[counts]]], b.columns["wish"][counts], 1.0)
    return terms, constant


def _other_choice(b: Builder, problem: Problem) -> tuple[Terms, float]:
    """Persons who do not get their first choice."""
    _, first, area = wishes(problem)
    return [(b.columns["wish"], (first != area).astype(np.float64))], 0.0


def _ways(b: Builder, problem: Problem) -> tuple[Terms, float]:
    """Persons placed out of their region, or with a long way inside it."""
    home, pair = arcs(problem)
    far = np.maximum(problem.outside, problem.beyond)[home, pair]
    return [(b.columns["placed"], far)], 0.0
