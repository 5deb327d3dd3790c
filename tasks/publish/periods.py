"""Which period each kind of figure is of: what «now» means, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tasks.errors import ValidationFailed
from tasks.publish import formats

AUTUMN = 7


@dataclass(frozen=True)
class Periods:
    """The newest period of the figures that a run stands on.

    Attributes:
        population: Year whose 1 January was counted last.
        projection: Last year of the projection.
        pupils: School year of the newest count, `2025/26`.
        applicants: Year of the newest applications.
        places: Newest day from which a row of places counts.
        contracts: Year whose 1 October was counted last.
        placement: Month of the newest count.
        working_life: Newest period of the datasets of working life, as a year, a month (`2026-01`)
            or an ISO date; empty in runs without them.
    """

    population: int
    projection: int
    pupils: str
    applicants: int
    places: date
    contracts: int
    placement: date
    working_life: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_run(cls, run: str, manifest: Mapping[str, Any]) -> Periods:
        """Read the periods of a manifest.

        Raises:
            ValidationFailed: The run was made before runs kept them.
        """
        kept = manifest.get("periods", {})
        if missing := set(cls.__annotations__) - set(kept) - {"working_life"}:
            raise ValidationFailed(
                subject=f"{run}/manifest.json",
                expected="tidspunktene som tallene gjelder",
                got=f"ingen {', '.join(sorted(missing))}",
                remedy="kjør planen på nytt med denne utgaven av programmet",
            )
        return cls(
            population=int(kept["population"]),
            projection=int(kept["projection"]),
            pupils=kept["pupils"],
            applicants=int(kept["applicants"]),
            places=date.fromisoformat(kept["places"]),
            contracts=int(kept["contracts"]),
            placement=date.fromisoformat(kept["placement"]),
            working_life=kept.get("working_life", {}),
        )

    @property
    def places_from(self) -> str:
        """`fra høsten 2026`: when the newest places began to count."""
        return f"fra {'høsten' if self.places.month >= AUTUMN else 'våren'} {self.places.year}"

    def by_dataset(self) -> dict[str, str]:
        """What the figures of each dataset are of, as the table of sources says it."""
        placement = f"{formats.month(self.placement.month)} {self.placement.year}"
        return {
            "ssb_population": f"1. januar {self.population}",
            "ssb_projection": f"{self.population + 1}–{self.projection}",
            "county_pupils": f"skoleåret {self.pupils}",
            "udir_applicants": f"søkere {self.applicants}",
            "county_capacity": f"plasser {self.places_from}",
            "nsr_schools": "registeret da det ble hentet",
            "udir_apprentice_contracts": f"1. oktober {self.contracts}",
            "udir_apprentice_placement": placement,
            **{name: _said(period) for name, period in self.working_life.items()},
        }


def _said(period: str) -> str:
    """A year as it is, a month or a date in words."""
    if len(period) == len("2025"):
        return period
    if len(period) == len("2025-01"):
        return f"{formats.month(int(period[5:]))} {period[:4]}"
    return formats.day(date.fromisoformat(period))
