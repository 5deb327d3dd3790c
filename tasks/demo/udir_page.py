"""What a constructed report page is, and how the portal prints figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

UNITS = {"0": ("0", "1", "Hele landet"), "50": ("1", "1.44", "Trøndelag - Trööndelage")}

Row = Sequence[str]


@dataclass(frozen=True)
class Page:
    """One report page: what `data/sample/udir/<page>.toml` says, and its rows.

    A row is the period's code and label, level, id, code and name, a value for each of `filters`
    (filters beside area and time, with the value that holds where none is asked for), the headers
    from the outermost, the measure, the text, and whether it is constructed.
    """

    id: int
    code: str
    name: str
    hierarchy: Sequence[str]
    time_filter: str
    periods: Sequence[int]
    columns: int
    measures: Sequence[str]
    suppressed: bool
    rows: Iterable[Row]
    filters: Sequence[tuple[str, int]] = ()


def spaced(number: int | str) -> str:
    """A whole number as the portal prints it: `54 438`."""
    return f"{int(number):,}".replace(",", " ")


def decimal(percent: str) -> str:
    """A percentage as the portal prints it: `81,0`."""
    return f"{float(percent):.1f}".replace(".", ",")
