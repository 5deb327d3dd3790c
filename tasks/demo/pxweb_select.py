"""PxWeb's selections: expressions resolved to codes, and the refusals that go with them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from fnmatch import translate

from tasks.demo.pxweb_table import Codelist, Library, Table, Variable

CALL = re.compile(r"(?P<name>[a-z]+)\((?P<arguments>[^()]*)\)", re.IGNORECASE)


class Refused(Exception):
    """A request that the API turns down.

    Args:
        title: The API's own words.
        status: HTTP status.
        variable: The variable concerned, for the older API, which names it.
    """

    def __init__(self, title: str, status: int = 400, variable: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.status = status
        self.variable = variable


class Crash(Exception):
    """A request that the API answers with an empty 500."""


@dataclass(frozen=True)
class Wish:
    """What is asked of one variable: expressions, and the codelist that they are in."""

    expressions: list[str]
    codelist: str = ""


@dataclass(frozen=True)
class Axis:
    """One dimension of an answer.

    Attributes:
        members: For each code, the positions in the table that it covers: one for a plain code,
            several for a code of an aggregation.
    """

    variable: Variable
    codes: list[str]
    labels: list[str]
    members: list[list[int]] = field(repr=False)

    @property
    def plain(self) -> bool:
        """Whether every code is one code of the table."""
        return all(len(positions) == 1 for positions in self.members)


def split_values(text: str) -> list[str]:
    """The parts of a query parameter: commas separate, but not inside square brackets."""
    return re.findall(r"\[[^\]]*\]|[^,\[\]]+", text)


def resolve(library: Library, table: Table, wishes: dict[str, Wish], max_cells: int) -> list[Axis]:
    """The axes of an answer, in the table's order, left-out variables left out.

    Raises:
        Refused: with the API's title.
        Crash: for a code named twice.
    """
    for name in wishes:
        if name not in table.by_code:
            raise Refused("Non-existent variable", variable=name)
    axes = []
    for variable in table.variables:
        wish = wishes.get(variable.code)
        if wish and wish.expressions:
            try:
                axes.append(_axis(library, variable, wish))
            except Refused as refusal:
                refusal.variable = variable.code
                raise
        elif variable.elimination is False:
            raise Refused("Missing selection for mandantory variable", variable=variable.code)
    if math.prod(len(axis.codes) for axis in axes) > max_cells:
        raise Refused("Too many cells selected")
    return axes


def default_wishes(table: Table) -> dict[str, Wish]:
    """What the API selects when nothing is asked for: the first measure, the last period."""
    return {
        variable.code: Wish([variable.codes[-1 if variable.role == "time" else 0]])
        for variable in table.variables
        if variable.elimination is False
    }


def _axis(library: Library, variable: Variable, wish: Wish) -> Axis:
    plain = [e for e in wish.expressions if not CALL.fullmatch(e) and not set(e) & set("*?")]
    if len(set(plain)) < len(plain):
        raise Crash
    listed = _codelist(library, variable, wish.codelist)
    if listed is None:
        codes, labels = variable.codes, variable.labels
        members = [[at] for at in range(len(codes))]
    else:
        codes = tuple(code for code, _, _ in listed.values)
        labels = tuple(label for _, label, _ in listed.values)
        known = variable.position
        members = [[known[m] for m in covered if m in known] for _, _, covered in listed.values]
    chosen = sorted(
        {at for e in wish.expressions for at in _positions(e, codes, variable.role == "time")}
    )
    chosen = [at for at in chosen if members[at]]
    if not chosen:
        raise Refused("Non-existent value")
    return Axis(
        variable,
        [codes[at] for at in chosen],
        [labels[at] for at in chosen],
        [members[at] for at in chosen],
    )


def _codelist(library: Library, variable: Variable, name: str) -> Codelist | None:
    if not name:
        return None
    found = library.codelist(name) if name in variable.codelists else None
    if found is None:
        raise Refused("Non-existent codelist")
    return found


def _positions(expression: str, codes: tuple[str, ...], timed: bool) -> list[int]:
    """Where the codes stand that an expression means."""
    if expression.startswith("[") and expression.endswith("]"):
        expression = expression[1:-1]
    if expression in codes:
        return [codes.index(expression)]
    call = CALL.fullmatch(expression)
    if call:
        arguments = [part.strip() for part in call["arguments"].split(",")]
        return _call(call["name"].lower(), arguments, codes, timed)
    if set(expression) & set("()[],"):
        raise Refused("Illegal selection expression")
    if set(expression) & set("*?"):
        pattern = re.compile(translate(expression))
        return [at for at, code in enumerate(codes) if pattern.match(code)]
    raise Refused("Non-existent value")


def _call(name: str, arguments: list[str], codes: tuple[str, ...], timed: bool) -> list[int]:
    counts = {"from": {1}, "to": {1}, "range": {2}, "top": {1, 2}, "bottom": {1, 2}}
    if len(arguments) not in counts.get(name, ()) or not all(arguments):
        raise Refused("Illegal selection expression")
    if name in {"top", "bottom"}:
        if not all(argument.isdecimal() for argument in arguments):
            raise Refused("Illegal selection expression")
        count, offset = int(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 0
        # For time, the top is the latest period; for anything else, the first code.
        order = range(len(codes))
        latest_first = timed if name == "top" else not timed
        ordered = list(reversed(order)) if latest_first else list(order)
        return ordered[offset : offset + count]
    first = arguments[0] if name in {"from", "range"} else codes[0]
    last = arguments[-1] if name in {"to", "range"} else codes[-1]
    if first not in codes or last not in codes:
        raise Refused("Non-existent value")
    return list(range(codes.index(first), codes.index(last) + 1))
