"""Rules that cannot hold together: an irreducible set of them, and the cheapest relaxation.

An elastic programme lets every named rule be broken at a price. Where even its relaxation must
break some, the rules with a dual value are a certificate (Farkas) that they cannot hold together; a
deletion filter makes the set irreducible (Chinneck and Dravnieks 1991). Where only whole classes
stand in the way, the filter is run on the integer programme.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np
from scipy import sparse

from tasks.errors import TilbudsplanError
from tasks.forecast.types import Float, Index
from tasks.places import highs
from tasks.places.linear import Model
from tasks.places.types import Problem

SEP = " · "
# Under this a broken rule is rounding.
NOTHING = 1e-6
SHOWN = 12
# More conflicting rules than this are not taken out one by one.
MANY = 60
# Nodes of a search for any plan at all.
LEAST_NODES = 1000
NONE = (
    highspy.HighsModelStatus.kInfeasible,
    highspy.HighsModelStatus.kUnboundedOrInfeasible,
)
# What the first word of a rule's name says, and the unit that it is broken in.
KINDS = {
    "rett": ("alle med rett skal ha plass", "elever"),
    "plasser": ("ingen flere elever enn plasser i klassene", "elever"),
    "minstefylling": ("en klasse skal være fylt til minste andel før den settes i gang", "elever"),
    "private plasser": ("private plasser er gitt utenfra", "elever"),
    "laerere": ("et tilbud kan bare vokse så mye fra i år (lærere)", "klasser"),
    "rom": ("rom og verksteder", "klasser"),
    "fast": ("fastsatt for hånd", "klasser"),
    "voksne": ("voksne skal ha én av tre sluttkompetanser", "personer"),
    "fagskole": ("fagskolens minste start, og rammen etter reserve", "plasser eller kroner"),
    "vg3-i-skole": ("plass på vg3 i skole for søkere uten læreplass", "personer"),
    "egne grupper": ("grupper med egne regler skal ha plass", "personer"),
    "budsjett": ("budsjettrammen", "millioner kroner"),
    "endring": ("så mange klasser kan endres fra i år i alt", "klasser"),
}


@dataclass(frozen=True)
class Broken:
    """A rule and by how much it would have to give way."""

    rule: str
    amount: float
    unit: str


@dataclass(frozen=True)
class Conflict:
    """Why there is no plan.

    Attributes:
        rules: They cannot all hold, and any one fewer can.
        relaxation: The cheapest way to give way, counted in places.
        proven: False where nodes ran out or rules were many, so that the set may be larger than
            it must.
    """

    rules: tuple[str, ...]
    relaxation: tuple[Broken, ...]
    proven: bool


class Infeasible(TilbudsplanError):
    """No plan holds all the rules.

    Args:
        conflict: Which rules, and the cheapest relaxation.
    """

    def __init__(self, conflict: Conflict) -> None:
        self.conflict = conflict
        shown = [told(rule) for rule in conflict.rules[:SHOWN]]
        more = len(conflict.rules) - len(shown)
        if len(conflict.rules) > MANY:
            kinds = [_kind(rule) for rule in conflict.rules]
            shown = [f"{KINDS[k][0]} ({kinds.count(k)} regler)" for k in dict.fromkeys(kinds)]
            more = 0
        ways = "; ".join(
            f"{told(b.rule)}: {b.amount:.1f} {b.unit}".replace(".", ",")
            for b in conflict.relaxation[:SHOWN]
        )
        super().__init__(
            subject="planen i klasser",
            expected="regler som kan gjelde samtidig",
            got="; ".join(shown) + (f"; og {more} til" if more > 0 else ""),
            remedy=f"gi etter på ett av punktene. Billigst er: {ways or 'ikke funnet'}",
        )

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.conflict,)


def told(rule: str) -> str:
    """A rule as a planner reads it."""
    kind, _, of = rule.partition(SEP)
    text = KINDS[kind][0]
    return f"{text} ({of.replace(SEP, ', ')})" if of else text


def find(problem: Problem, model: Model) -> Conflict:
    """An irreducible set of conflicting rules, and the cheapest relaxation."""
    elastic, slack = _elastic(problem, model)
    solver = highs.load(elastic, relaxed=True)
    highs.costs(solver, elastic.goals[0])
    solver.run()
    broken = np.array(solver.getSolution().col_value)[slack]
    names = np.array(model.rule)
    if elastic.goals[0][slack] @ broken > NOTHING:
        holds = Holds(model, None)
        dual = np.abs(np.array(solver.getSolution().row_dual)) > NOTHING
        kept = sorted({*names[dual]} - {""})
        if len(kept) > MANY:
            # One by one it would take minutes, and nobody reads hundreds: only kinds are taken out.
            kinds, all_of = sorted({_kind(n) for n in kept}), kept
            inside = _deletion(kinds, lambda k: holds([n for n in all_of if _kind(n) in k]))
            kept, holds.sure = [n for n in all_of if _kind(n) in inside], False
        else:
            kept = _deletion(kept, holds)
    else:
        holds = Holds(model, max(problem.solver.nodes, LEAST_NODES))
        kinds = sorted({_kind(n) for n in model.rule} - {""})
        inside = _deletion(kinds, lambda k: holds([n for n in model.rule if _kind(n) in k]))
        kept = _deletion(sorted({n for n in model.rule if _kind(n) in inside}), holds, halves=True)
    return Conflict(tuple(kept), _cheapest(problem, elastic, slack, names), holds.sure)


def _kind(rule: str) -> str:
    return rule.partition(SEP)[0]


def _deletion(
    candidates: Sequence[str], holds: Callable[[Sequence[str]], bool], *, halves: bool = False
) -> list[str]:
    """What is left when every rule without which the rest still conflict is taken out.

    Args:
        candidates: Rules that conflict.
        holds: Whether some rules can hold together.
        halves: Try to take out half of them at a time first.
    """
    kept = list(candidates)
    size = max(len(kept) // 2, 1) if halves else min(8, max(len(kept) // 2, 1))
    while True:
        at = 0
        while at < len(kept):
            rest = kept[:at] + kept[at + size :]
            if holds(rest):
                at += size
            else:
                kept = rest
        if size == 1:
            return kept
        size //= 2


class Holds:
    """Whether some of a model's rules can hold together.

    Args:
        model: Rows and columns.
        nodes: Of the integer programme; None: of its relaxation.

    Attributes:
        sure: False when nodes ran out once, so that "can hold" may be wrong.
    """

    def __init__(self, model: Model, nodes: int | None) -> None:
        self.model = model
        self.nodes = nodes
        self.names = np.array(model.rule)
        self.sure = True

    def __call__(self, active: Sequence[str]) -> bool:
        """Whether the rules can hold."""
        on = (self.names == "") | np.isin(self.names, list(active))
        tried = replace(
            self.model,
            row_low=np.where(on, self.model.row_low, -np.inf),
            row_high=np.where(on, self.model.row_high, np.inf),
        )
        solver = highs.load(tried, relaxed=self.nodes is None)
        if self.nodes is not None:
            solver.setOptionValue("mip_max_nodes", self.nodes)
            solver.setOptionValue("mip_max_improving_sols", 1)
        solver.run()
        status = solver.getModelStatus()
        if status in NONE:
            return False
        found = highspy.SolutionStatus.kSolutionStatusFeasible
        self.sure &= solver.getInfo().primal_solution_status == found
        return True


def _elastic(problem: Problem, model: Model) -> tuple[Model, Index]:
    """The model where each named row may be broken either way, at a price in places."""
    named = np.flatnonzero([bool(n) for n in model.rule])
    count, width = len(named), model.matrix.shape[1]
    price = _prices(problem, [model.rule[r] for r in named])
    plus = sparse.csc_matrix(
        (np.ones(count), (named, np.arange(count))), shape=(model.matrix.shape[0], count)
    )
    slack = np.arange(width, width + 2 * count, dtype=np.intp)
    cost = np.zeros((1, width + 2 * count))
    cost[0, slack] = np.tile(price, 2)
    grown = replace(
        model,
        matrix=sparse.hstack([model.matrix, plus, -plus]).tocsc(),
        low=np.concatenate([model.low, np.zeros(2 * count)]),
        high=np.concatenate([model.high, np.full(2 * count, np.inf)]),
        whole=np.concatenate([model.whole, np.zeros(2 * count, dtype=np.bool_)]),
        goals=cost,
        constants=np.zeros(1),
    )
    return grown, slack


def _prices(problem: Problem, rules: Sequence[str]) -> Float:
    """Places that a rule broken by one unit is worth: a class its own, kroner what they buy."""
    own = problem.own
    a_class = float(own.full.mean()) if len(own) else 1.0
    a_million = 1e6 / float(own.rate.mean()) if len(own) else 1.0
    worth = {"klasser": a_class, "millioner kroner": a_million}
    prices = [worth.get(KINDS[_kind(r)][1], 1.0) for r in rules]
    grant = SEP.join(("fagskole", "ramme etter reserve"))
    return np.array(
        [a_million / 1e6 if r == grant else p for r, p in zip(rules, prices, strict=True)]
    )


def _cheapest(
    problem: Problem, elastic: Model, slack: Index, names: np.ndarray[tuple[int], np.dtype[np.str_]]
) -> tuple[Broken, ...]:
    """The rules that give way in the cheapest plan there would be, with whole classes."""
    solver = highs.load(elastic)
    highs.costs(solver, elastic.goals[0])
    solver.setOptionValue("mip_abs_gap", 0.9)
    solver.setOptionValue("mip_max_nodes", max(problem.solver.nodes, LEAST_NODES))
    solver.run()
    x = np.array(solver.getSolution().col_value)
    if len(x) != elastic.matrix.shape[1]:
        return ()
    half = len(slack) // 2
    amount = x[slack[:half]] + x[slack[half:]]
    rows = names[names != ""]
    given = [
        Broken(str(rule), float(a), KINDS[_kind(str(rule))][1])
        for rule, a in zip(rows, amount, strict=True)
        if a > 1e-4
    ]
    return tuple(sorted(given, key=lambda b: (-b.amount, b.rule)))
