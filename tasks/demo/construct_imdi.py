"""Settlement of refugees by municipality and year as IMDi might lay it out; all of it constructed.

The layout is described and not recorded. Municipalities are asked in proportion to the published
number of adults in 2020, the county for round totals that rise from 2022 as the country's did.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tasks.demo.construct_common import published, share_out, stream
from tasks.demo.construct_nav import grid, write_workbook

ASKED = {2019: 400, 2020: 420, 2021: 480, 2022: 2_700, 2023: 3_300, 2024: 3_100, 2025: 1_700,
         2026: 1_300}  # fmt: skip
HIDDEN_BELOW = 5
HEADER = [
    "År",
    "Kommunenummer",
    "Kommune",
    "Antall personer kommunen har blitt anmodet om å bosette",
    "Antall personer kommunen har vedtatt å bosette",
    "Antall bosatte personer",
    "Antall bosatte personer med kollektiv beskyttelse",
    "Konstruert",
]


def write(out: Path) -> None:
    """Write `imdi/bosettingstall.xlsx`."""
    title = "Bosettingstall etter kommune. «*» står for tall under fem. Tallene er konstruert."
    cells = {(0, 0): title, **grid(HEADER, _rows(), 0, top=2)}
    write_workbook(out / "imdi" / "bosettingstall.xlsx", {"Kommuner": cells})


def _rows() -> list[list[Any]]:
    rng = stream("imdi")
    adults = published("adults_by_municipality").filter(year="2020")
    ours = [row for row in adults.select("municipality_code", "name", "persons").iter_rows()
            if row[0].startswith("50")]  # fmt: skip
    weights = np.array([float(persons) for *_, persons in ours])
    rows: list[list[Any]] = []
    for year, total in ASKED.items():
        collective = 0.8 if year >= 2022 else 0.0
        shared = share_out(total, weights)
        for (code, name, _), requested in zip(ours, shared, strict=True):
            agreed = round(int(requested) * float(rng.uniform(0.8, 1.05)))
            settled = round(agreed * float(rng.uniform(0.75, 1.0)))
            figures = [int(requested), agreed, settled, round(settled * collective)]
            told = ["*" if 0 < figure < HIDDEN_BELOW else figure for figure in figures]
            rows.append([year, code, name, *told, "ja"])
    return rows
