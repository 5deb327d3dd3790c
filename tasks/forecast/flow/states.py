"""The state space: where a person in education is on 1 October, and where it ends.

A state is held over a year. A hub is passed within the year: re-choice on the way to another
programme, the next level on the way to one of its areas, application for a place on the way to
placed or not placed. Hubs keep the edges few, and let the county say how many go on and the region
where to: each is known at its own level.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import polars as pl

from tasks.errors import ConfigurationError
from tasks.forecast.types import Index

APPRENTICE = "laerling"
CANDIDATE = "laerekandidat"
PRACTICE_LETTER = "praksisbrev"
ON_THE_JOB = "fagbrev_paa_jobb"
EXTERNAL = "praksiskandidat"
CONTRACTS = (APPRENTICE, CANDIDATE, PRACTICE_LETTER, ON_THE_JOB, EXTERNAL)
# These end in a certificate of competence for part of the trade, not in a trade certificate.
PARTIAL = (CANDIDATE, PRACTICE_LETTER)
# These are reached by adults at work; young people come to the others through placement.
ADULT_ROUTES = (ON_THE_JOB, EXTERNAL)


class Kind(StrEnum):
    """What a node is; the order of nodes in a space follows the order here."""

    GRADE_10 = "grade_10"
    PUPIL = "pupil"
    SCHOOL_VG3 = "school_vg3"
    APPRENTICE = "apprentice"
    ADULT_MODULE = "adult_module"
    COLLEGE = "college"
    OUT = "out"
    CERTIFICATE = "certificate"
    STUDY_COMPETENCE = "study_competence"
    VOCATIONAL_COMPETENCE = "vocational_competence"
    PARTIAL_COMPETENCE = "partial_competence"
    COLLEGE_COMPLETED = "college_completed"
    LEFT = "left"
    RE_CHOICE = "re_choice"
    NEXT = "next_level"
    APPLY = "apply"
    PLACED = "placed"
    UNPLACED = "unplaced"


ABSORBING = (
    Kind.CERTIFICATE,
    Kind.STUDY_COMPETENCE,
    Kind.VOCATIONAL_COMPETENCE,
    Kind.PARTIAL_COMPETENCE,
    Kind.COLLEGE_COMPLETED,
    Kind.LEFT,
)
HUBS = (Kind.RE_CHOICE, Kind.NEXT, Kind.APPLY, Kind.PLACED, Kind.UNPLACED)


@dataclass(frozen=True)
class Node:
    """One state or hub.

    Attributes:
        kind: What it is.
        unit: Programme area (pupils, next level), trade (apprentices, Vg3 in school in a trade,
            certificates, out while applying again, hubs of placement), programme (re-choice) or
            empty.
        contract: Contract type of apprentices, else empty.
        step: Level of pupils, year in training of apprentices, else 0.
    """

    kind: Kind
    unit: str = ""
    contract: str = ""
    step: int = 0

    @property
    def code(self) -> str:
        """Readable key, `apprentice:laerling:BATMF3----:2`."""
        return ":".join(str(p) for p in (self.kind, self.contract, self.unit, self.step) if p)


@dataclass(frozen=True)
class StateSpace:
    """Nodes in a fixed order: states first, hubs last.

    Attributes:
        nodes: All nodes.
    """

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        codes = [n.code for n in self.nodes]
        double = sorted({c for c in codes if codes.count(c) > 1})
        hubs = [n.kind in HUBS for n in self.nodes]
        if double or hubs != sorted(hubs):
            raise ConfigurationError(
                subject="tilstandsrommet",
                expected="hver tilstand én gang, knutepunktene til sist",
                got=", ".join(double) or "knutepunkt foran en tilstand",
                remedy="se etter programområder og lærefag som står dobbelt i referansefilene",
            )

    @property
    def count(self) -> int:
        """Number of states, hubs not counted."""
        return sum(n.kind not in HUBS for n in self.nodes)

    @property
    def codes(self) -> tuple[str, ...]:
        """Key of every node."""
        return tuple(n.code for n in self.nodes)

    def where(self, *kinds: Kind) -> Index:
        """Positions of the nodes of these kinds, in order."""
        return np.array([i for i, n in enumerate(self.nodes) if n.kind in kinds], np.intp)

    def units(self, kind: Kind) -> tuple[str, ...]:
        """Units of a kind, each once, in the order of the nodes."""
        return tuple(dict.fromkeys(n.unit for n in self.nodes if n.kind == kind))

    def lookup(self) -> dict[Node, int]:
        """Position of every node."""
        return {n: i for i, n in enumerate(self.nodes)}

    @property
    def absorbing(self) -> Index:
        """States that nobody leaves."""
        return self.where(*ABSORBING)

    @property
    def transient(self) -> Index:
        """States that are left, or may be."""
        return np.setdiff1d(np.arange(self.count), self.absorbing)


def build(
    areas: pl.DataFrame,
    trades: pl.DataFrame,
    contracts: Iterable[tuple[str, str]],
    modular: Iterable[str] = (),
) -> StateSpace:
    """The space of a county.

    Args:
        areas: `programme_area_code`, `programme_code`, `level`, `builds_on`, `leads_to`.
        trades: `trade_code`, `training_years` (whole years in training, the last one open-ended).
        contracts: Pairs of trade and contract type for which there are states, beside apprentices,
            that every trade has.
        modular: Trades with modules for adults.

    Raises:
        ConfigurationError: A contract type or trade that is not known, or a code twice.
    """
    years = dict(trades.sort("trade_code").select("trade_code", "training_years").iter_rows())
    pairs = sorted({(t, APPRENTICE) for t in years} | set(contracts))
    unknown = [f"{t} {c}" for t, c in pairs if t not in years or c not in CONTRACTS]
    if unknown:
        raise ConfigurationError(
            subject="tilstandsrommet",
            expected=f"kjente lærefag og kontraktstypene {', '.join(CONTRACTS)}",
            got=", ".join(unknown[:10]),
            remedy="rett koden i kontraktsfilen, eller legg faget til i "
            "crosswalk_trade_programme_area.csv",
        )
    pupils = [
        Node(Kind.PUPIL, code, step=level)
        for code, level in areas.sort("level", "programme_area_code")
        .select("programme_area_code", "level")
        .iter_rows()
    ]
    apprentices = [
        Node(Kind.APPRENTICE, trade, contract, year)
        for trade, contract in pairs
        for year in range(1, _steps(contract, years[trade]) + 1)
    ]
    work = areas.filter(pl.col("leads_to").str.contains(r"\bwork\b"))
    programmes = sorted(set(areas.get_column("programme_code")))
    nodes = [
        Node(Kind.GRADE_10),
        *pupils,
        *(Node(Kind.SCHOOL_VG3, t) for t in years),
        *apprentices,
        *(Node(Kind.ADULT_MODULE, t) for t in sorted(set(modular) & set(years))),
        Node(Kind.COLLEGE),
        Node(Kind.OUT),
        # Out, but on the way to another application for a place in the trade.
        *(Node(Kind.OUT, t) for t in years),
        *(Node(Kind.CERTIFICATE, t) for t in years),
        Node(Kind.STUDY_COMPETENCE),
        *(
            Node(Kind.VOCATIONAL_COMPETENCE, a)
            for a in sorted(work.get_column("programme_area_code"))
        ),
        Node(Kind.PARTIAL_COMPETENCE),
        Node(Kind.COLLEGE_COMPLETED),
        Node(Kind.LEFT),
        *(Node(Kind.RE_CHOICE, p) for p in programmes),
        *(Node(Kind.NEXT, a) for a in _built_on(areas)),
        *(Node(kind, t) for kind in (Kind.APPLY, Kind.PLACED, Kind.UNPLACED) for t in years),
    ]
    return StateSpace(tuple(nodes))


def _built_on(areas: pl.DataFrame) -> list[str]:
    """Areas that another of the same programme builds on, in order."""
    codes = set(areas.get_column("programme_area_code"))
    pairs = areas.select("programme_area_code", "builds_on").drop_nulls().iter_rows()
    return sorted(
        {o for area, origins in pairs for o in origins.split() if o[:2] == area[:2] and o in codes}
    )


def _steps(contract: str, training_years: int) -> int:
    """Adults at work are held for the year of their test; the others for the trade's years."""
    return 1 if contract in ADULT_ROUTES else training_years


@dataclass(frozen=True)
class Edges:
    """Where the nodes lead, sorted by origin.

    Attributes:
        origin: Node left, `[edge]`.
        target: Node reached, `[edge]`.
    """

    origin: Index
    target: Index

    @property
    def count(self) -> int:
        """Number of edges."""
        return len(self.origin)

    def starts(self) -> Index:
        """First edge of each origin."""
        return np.flatnonzero(np.diff(self.origin, prepend=-1))

    def between(self, origins: Index, targets: Index) -> Index:
        """Edges from any of `origins` to any of `targets`."""
        return np.flatnonzero(np.isin(self.origin, origins) & np.isin(self.target, targets))
