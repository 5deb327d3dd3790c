"""The bundled source server with answers that are damaged on their way out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

from corpus_damages import Change, Damage

from tasks.demo import misbehaviour, wire


@dataclass(frozen=True)
class Spot:
    """An answer of a source that is damaged.

    Attributes:
        protocol: The protocol.
        dataset: The dataset.
        answer: Which of its answers.
        address: Pattern of the request, decoded.
        beside: Other answers of the same night that must be changed for this one to be asked for.
        alone: Whether those change figures too, so that a night holds no other damage.
    """

    protocol: str
    dataset: str
    answer: str
    address: str
    beside: tuple[tuple[str, Change], ...] = field(default=(), repr=False)
    alone: bool = False

    def __str__(self) -> str:
        return f"{self.dataset} {self.answer}"


@dataclass(frozen=True)
class Case:
    """A damaged answer."""

    spot: Spot
    damage: Damage

    def __str__(self) -> str:
        return f"{self.spot}: {self.damage.name}"


class Damages(misbehaviour.Faults):
    """What is wrong tonight, for every request that a case is about, as often as it comes."""

    def __init__(self, cases: Iterable[Case] = ()) -> None:
        super().__init__()
        self.hits: dict[str, int] = {}
        self.right: dict[str, wire.Response] = {}
        self._rules = list(_rules(cases))

    def take(self, request: wire.Request) -> Any:
        """The damage for this request."""
        target = unquote(request.target)
        return next((Spoiled(self, *rule) for rule in self._rules if rule[0].search(target)), None)


Rule = tuple[re.Pattern[str], str, Damage]


def _rules(cases: Iterable[Case]) -> Iterable[Rule]:
    for case in cases:
        yield re.compile(case.spot.address), str(case), case.damage
        for address, change in case.spot.beside:
            yield re.compile(address), f"{case} (beside)", Damage("beside", "beside", change=change)


@dataclass(frozen=True)
class Spoiled:
    """One damaged answer, in the place of `misbehaviour.Fault`."""

    night: Damages
    address: re.Pattern[str]
    name: str
    damage: Damage

    @property
    def mode(self) -> str:
        """What the request log says."""
        return self.damage.name

    def instead(self) -> None:
        """The right answer is needed for every damage."""

    def distort(self, request: wire.Request, response: wire.Response) -> wire.Response:
        """Change the body; the right one is kept for the test to look at."""
        self.night.hits[self.name] = self.night.hits.get(self.name, 0) + 1
        self.night.right[self.name] = response
        if self.damage.change is None or response.status != 200:
            return response
        return replace(response, body=self.damage.change(response.body))

    def send(self, handler: BaseHTTPRequestHandler, response: wire.Response) -> None:
        """Send, in the way that the damage has."""
        (self.damage.send or misbehaviour.send)(handler, response)


def batches(cases: Sequence[Case]) -> list[list[Case]]:
    """Nights with at most one damage to each dataset, as few as there can be."""
    nights: list[list[Case]] = []
    for case in cases:
        for night in nights:
            taken = {other.spot.dataset for other in night}
            if case.spot.dataset not in taken and not case.spot.alone | night[0].spot.alone:
                night.append(case)
                break
        else:
            nights.append([case])
    return nights
