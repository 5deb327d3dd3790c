"""Edges while they are gathered, and the school structure that they follow."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from tasks.forecast.flow.model import Mask
from tasks.forecast.flow.states import Edges, Kind, Node, StateSpace
from tasks.forecast.types import Float

PAABYGG = "PB"


@dataclass
class Rows:
    """Edges while they are gathered: ends, evidence per group, and whether it is common."""

    groups: int
    ends: dict[tuple[Node, Node], Float] = field(default_factory=dict)
    common: dict[tuple[Node, Node], bool] = field(default_factory=dict)

    def add(self, origin: Node, target: Node, evidence: Float | float) -> None:
        """Add evidence; a number holds for all groups, and is drawn once for them."""
        if not np.any(np.asarray(evidence) > 0):
            return
        pair = origin, target
        rest = self.ends.get(pair, np.zeros(self.groups))
        self.ends[pair] = rest + np.asarray(evidence)
        self.common[pair] = np.ndim(evidence) == 0 and self.common.get(pair, True)

    def arrays(self, space: StateSpace) -> tuple[Edges, Float, Mask]:
        """Edges sorted by origin, α `[group, edge]` and the common mask."""
        place = space.lookup()
        pairs = sorted(self.ends, key=lambda pair: (place[pair[0]], place[pair[1]]))
        edges = Edges(
            np.array([place[a] for a, _ in pairs], np.intp),
            np.array([place[b] for _, b in pairs], np.intp),
        )
        alpha = np.stack([self.ends[pair] for pair in pairs], axis=1)
        return edges, alpha, np.array([self.common[pair] for pair in pairs], bool)


@dataclass(frozen=True)
class Areas:
    """The school structure among the space's areas.

    Attributes:
        pupil: Node of each programme area.
        first: Areas of Vg1.
        following: Area → areas of the same programme that build on it.
        leads_to: Area → what it leads to, words of `programme_area.csv`.
        paabygg: Vg3 påbygging, where it is taught.
    """

    pupil: dict[str, Node]
    first: tuple[str, ...]
    following: dict[str, tuple[str, ...]]
    leads_to: dict[str, str]
    paabygg: Node | None

    @staticmethod
    def of(space: StateSpace, areas: pl.DataFrame) -> Areas:
        """Read off `programme_area_code`, `builds_on` and `leads_to`."""
        pupil = {n.unit: n for n in space.nodes if n.kind == Kind.PUPIL}
        following: dict[str, list[str]] = {}
        leads_to: dict[str, str] = {}
        for code, origins, leads in (
            areas.sort("programme_area_code")
            .select("programme_area_code", "builds_on", "leads_to")
            .iter_rows()
        ):
            leads_to[code] = leads or ""
            for origin in (origins or "").split():
                if origin in pupil and code in pupil and origin[:2] == code[:2]:
                    following.setdefault(origin, []).append(code)
        return Areas(
            pupil,
            tuple(a for a, n in pupil.items() if n.step == 1),
            {o: tuple(f) for o, f in following.items()},
            leads_to,
            next((n for a, n in pupil.items() if a[:2] == PAABYGG), None),
        )
