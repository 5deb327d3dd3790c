"""Establishments of Trøndelag as the register would list them; all of it constructed.

How many there are in each municipality follows the published number of adults in 2020. Industries
are codes of SN2025, set by hand. Organisation numbers fail the register's check digit on purpose:
none of them can be anybody's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tasks.demo.construct_common import published, share_out, stream, write_csv

ESTABLISHMENTS = 1_200
WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)  # of the check digit
# Code, name, part of the establishments, usual number of employees.
INDUSTRIES = (
    ("01.410", "Melkeproduksjon på storfe", 0.06, 2),
    ("03.211", "Produksjon av matfisk i sjø", 0.02, 14),
    ("10.200", "Bearbeiding og konservering av fisk", 0.02, 30),
    ("16.100", "Saging, høvling og impregnering av tre", 0.02, 15),
    ("25.110", "Produksjon av metallkonstruksjoner", 0.03, 12),
    ("41.000", "Oppføring av bygninger", 0.12, 7),
    ("43.210", "Elektrisk installasjonsarbeid", 0.06, 10),
    ("43.221", "Rørleggerarbeid", 0.04, 8),
    ("47.110", "Butikkhandel med bredt vareutvalg", 0.10, 11),
    ("49.410", "Godstransport på vei", 0.05, 6),
    ("55.100", "Drift av hoteller", 0.03, 18),
    ("56.110", "Restaurantvirksomhet", 0.09, 8),
    ("62.100", "Programmeringsvirksomhet", 0.06, 9),
    ("85.310", "Videregående opplæring", 0.02, 60),
    ("86.210", "Allmennpraktiserende legetjenester", 0.05, 6),
    ("87.100", "Sykehjem", 0.05, 45),
    ("88.910", "Barnehager", 0.08, 14),
    ("96.210", "Frisering", 0.10, 3),
)
HEADER = ["organisasjonsnummer", "overordnet", "navn", "kommunenummer", "postkommunenummer",
          "naeringskode", "naering", "ansatte", "registrert", "konstruert"]  # fmt: skip


def write(out: Path) -> None:
    """Write `brreg/establishments.csv` and `brreg/changes.csv`."""
    rng = stream("brreg")
    numbers = [_impossible(int(n)) for n in rng.permutation(np.arange(81_000_000, 81_004_000))]
    rows = []
    for municipality, count in _per_municipality():
        for _ in range(count):
            rows.append(_establishment(rng, municipality, numbers.pop(), numbers.pop()))
    write_csv(out / "brreg" / "establishments.csv", HEADER, rows)
    kinds = ("Endring", "Ny", "Sletting", "Endring", "Fjernet", "Endring")
    changes = [
        [22_000_000 + 7 * at, f"2026-11-{16 + at:02d}T04:00:00.000Z", row[0], kind, "true"]
        for at, (row, kind) in enumerate(zip(rows[::200], kinds, strict=True))
    ]
    head = ["oppdateringsid", "dato", "organisasjonsnummer", "endringstype", "konstruert"]
    write_csv(out / "brreg" / "changes.csv", head, changes)


def _per_municipality() -> list[tuple[str, int]]:
    adults = published("adults_by_municipality").filter(year="2020")
    ours = [
        (code, int(persons))
        for code, persons in adults.select("municipality_code", "persons").iter_rows()
        if code.startswith("50")
    ]
    shared = share_out(ESTABLISHMENTS, np.array([float(persons) for _, persons in ours]))
    return [(code, int(count)) for (code, _), count in zip(ours, shared, strict=True)]


def _establishment(
    rng: np.random.Generator, municipality: str, number: str, parent: str
) -> list[Any]:
    parts = np.array([part for _, _, part, _ in INDUSTRIES])
    code, name, _, usual = INDUSTRIES[int(rng.choice(len(INDUSTRIES), p=parts / parts.sum()))]
    employees = int(rng.poisson(usual * float(rng.lognormal(-0.3, 0.8))))
    # A few have their mail elsewhere: the register's filter then finds them there too.
    post = "5001" if rng.uniform() < 0.02 else municipality
    registered = f"{int(rng.integers(1995, 2026))}-{int(rng.integers(1, 13)):02d}-15"
    title = f"Konstruert Navn {number[-4:]} {name.split()[0]}"
    return [number, parent, title, municipality, post, code, name, employees, registered, "true"]


def _impossible(eight: int) -> str:
    """Nine digits of which the last is not the check digit that the first eight call for."""
    total = sum(w * int(d) for w, d in zip(WEIGHTS, str(eight), strict=True))
    right = (11 - total % 11) % 11
    return f"{eight}{(right + 1) % 10}"
