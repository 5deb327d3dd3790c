"""Students, applicants and completions of Trøndelag as DBH would hold them; all of it constructed.

Institutions and places exist; codes of institutions, places, programmes and educations are set by
hand and not confirmed, except NTNU's. Every figure is drawn, rounded to fives as DBH does for
callers without a token, and its row says `konstruert`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tasks.demo.construct_college import COLLEGES, OFFERS, has_students
from tasks.demo.construct_common import stream, toml, write_csv

YEARS = tuple(range(2016, 2026))
# Students at vocational colleges, from one year to the next.
GROWTH = 1.06
# Place codes and names, and the municipality that the campus lies in.
PLACES = {
    "NTNU-T": ("Trondheim", "5001"),
    "NORD-L": ("Levanger", "5037"),
    "NORD-S": ("Steinkjer", "5006"),
    "NORD-J": ("Stjørdal", "5035"),
    "NORD-B": ("Bodø", "1804"),
    "DMMH-T": ("Trondheim", "5001"),
}
# What a municipality was called before 2018, and before 2020 where that differs.
BEFORE = {
    "5001": ("1601", "5001"), "5037": ("1719", "5037"), "5006": ("1702", "5004"),
    "5035": ("1714", "5035"), "1804": ("1804", "1804"),
}  # fmt: skip
INSTITUTIONS = {
    "1150": "Norges teknisk-naturvitenskapelige universitet",
    "1174": "Nord universitet",
    "8223": "Dronning Mauds Minne Høgskole",
}
LEVELS = {
    "B3": "Bachelor, 3-årig",
    "M2": "Master, 2-årig",
    "M5": "Master, 5-årig",
    "ÅR": "Årsstudium",
}
# Institution, place, programme, its name, level, NUS2000, students an autumn.
PROGRAMMES: Sequence[tuple[str, str, str, str, str, str, int]] = (
    ("1150", "NTNU-T", "MTBYGG", "Bygg- og miljøteknikk", "M5", "757101", 620),
    ("1150", "NTNU-T", "MTDT", "Datateknologi", "M5", "754101", 780),
    ("1150", "NTNU-T", "MTENERG", "Energi og miljø", "M5", "755101", 560),
    ("1150", "NTNU-T", "BIBYG", "Ingeniør, bygg", "B3", "657101", 410),
    ("1150", "NTNU-T", "BIELEKTRO", "Ingeniør, elektro", "B3", "655101", 320),
    ("1150", "NTNU-T", "HSGSYT", "Sykepleie", "B3", "661101", 900),
    ("1150", "NTNU-T", "MLREAL", "Lektor, realfag", "M5", "725101", 240),
    ("1150", "NTNU-T", "MGLU1", "Grunnskolelærer 1–7", "M5", "721101", 480),
    ("1150", "NTNU-T", "CMED", "Medisin", "M5", "763101", 830),
    ("1174", "NORD-L", "BASYK-L", "Sykepleie", "B3", "661101", 430),
    ("1174", "NORD-L", "GLU5-L", "Grunnskolelærer 5–10", "M5", "721102", 210),
    ("1174", "NORD-L", "BARNE-L", "Barnehagelærer", "B3", "621101", 260),
    ("1174", "NORD-S", "BAHUS", "Husdyrfag", "B3", "671101", 150),
    ("1174", "NORD-S", "BAOKO-S", "Økonomi og ledelse", "B3", "641101", 230),
    ("1174", "NORD-J", "BATRAF", "Trafikklærer", "B3", "629101", 180),
    ("1174", "NORD-B", "BASYK-B", "Sykepleie", "B3", "661101", 520),
    ("8223", "DMMH-T", "BLU", "Barnehagelærer", "B3", "621101", 980),
    ("8223", "DMMH-T", "MABARN", "Barnehageledelse", "M2", "721201", 140),
)
TEXTS = {
    "Institusjonskode": "Institusjonsnavn",
    "Studieprogramkode": "Studieprogramnavn",
    "Nivåkode": "Nivånavn",
    "Fagskolenummer": "Fagskolens navn",
    "Utdanningstilbudets kode": "Utdanningstilbudets navn",
}
STUDY = ["Institusjonskode", "Institusjonsnavn", "Årstall", "Semester", "Studieprogramkode",
         "Studieprogramnavn"]  # fmt: skip
LEVEL = ["Nivåkode", "Nivånavn", "NUS-kode"]
PLACE = ["Stedkode campus", "Stednavn campus", "Kommunenummer campus"]
ADMISSION = ["Søknadsalternativer", "Tilbud om opptak", "Akseptert tilbud", "Møtt til studiestart"]
COLLEGE = ["Fagskolens navn", "Utdanningstilbudets navn", "Årstall", "Semesternavn"]
REGISTER = ["Fagskolenummer", "Fagskolens navn", "Utdanningstilbudets kode",
            "Utdanningstilbudets navn", "NUS-kode", "Kommunenummer", "Studiepoeng",
            "Utdanningsform"]  # fmt: skip
APPLICATION = [*REGISTER[:4], "Årstall", "Semester"]
Rows = Iterable[Sequence[Any]]


def write(out: Path) -> None:
    """Write `dbh/<table>.csv` for seven tables, and `dbh/tables.toml`, which says their figures."""
    tables: dict[str, tuple[list[str], list[str], Rows]] = {
        "124": ([*STUDY, *LEVEL, *PLACE], ["Antall"], _students()),
        "379": (STUDY, ADMISSION, _admission()),
        "118": ([*STUDY, *LEVEL], ["Antall totalt"], _completions()),
        "947": (COLLEGE, ["Antall"], _college_students("active", 1.0)),
        "948": (COLLEGE, ["Antall"], _college_students("outside", 0.15)),
        "555": (APPLICATION, ["Antall søknader"], _applications()),
        "556": (REGISTER, [], (row for row in _register())),
    }
    lines = ["# Written by `python -m tasks.demo.construct`: the columns of figures of each table,"]
    lines += ["# and the name that goes with a code where names are asked for (kodetekst)."]
    for table, (columns, numbers, rows) in tables.items():
        header = [*columns, *numbers, "konstruert"]
        write_csv(out / "dbh" / f"{table}.csv", header, ([*row, "true"] for row in rows))
        lines += ["", f"[{table}]", f"numbers = {toml(numbers)}", f"[{table}.texts]"]
        lines += [
            f"{toml(c)} = {toml(n)}" for c, n in TEXTS.items() if c in columns and n in columns
        ]
    (out / "dbh" / "tables.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _fives(value: float) -> int:
    return 5 * round(value / 5)


def _students() -> Rows:
    rng = stream("dbh", "students")
    for inst, place, code, name, level, nus, usual in PROGRAMMES:
        for year in YEARS:
            drawn = _fives(usual * (1 + 0.015 * (year - 2025) + 0.04 * float(rng.normal())))
            yield [inst, INSTITUTIONS[inst], year, 3, code, name, level, LEVELS[level], nus,
                   place, *_place(place, year), drawn]  # fmt: skip


def _place(place: str, year: int) -> tuple[str, str]:
    """Name and municipality of a campus, by the borders of the year."""
    name, today = PLACES[place]
    return name, BEFORE[today][year >= 2018] if year < 2020 else today


def _admission() -> Rows:
    rng = stream("dbh", "admission")
    for inst, _, code, name, level, _, usual in PROGRAMMES:
        places = usual / (5 if level == "M5" else 3)
        for year in YEARS:
            offers = places * float(rng.uniform(1.4, 1.9))
            accepted = offers * float(rng.uniform(0.6, 0.75))
            drawn = [places * float(rng.uniform(4, 9)), offers, accepted]
            drawn.append(accepted * float(rng.uniform(0.82, 0.95)))
            yield [inst, INSTITUTIONS[inst], year, 3, code, name, *map(_fives, drawn)]


def _completions() -> Rows:
    rng = stream("dbh", "completions")
    for inst, _, code, name, level, nus, usual in PROGRAMMES:
        for year in YEARS:
            drawn = usual / (5 if level == "M5" else 3) * float(rng.uniform(0.65, 0.85))
            for semester, part in ((1, 0.92), (3, 0.08)):
                yield [inst, INSTITUTIONS[inst], year, semester, code, name, level, LEVELS[level],
                       nus, _fives(drawn * part)]  # fmt: skip


def _college_students(kind: str, part: float) -> Rows:
    rng = stream("dbh", "college", kind)
    for offer in OFFERS:
        for year in YEARS:
            for semester, share in (("Vår", 0.93), ("Høst", 1.0)):
                drawn = offer.students * part * share * GROWTH ** (year - 2025)
                drawn *= float(rng.uniform(0.93, 1.07))
                if has_students(offer, year, spring=semester == "Vår"):
                    yield [COLLEGES[offer.college], offer.name, year, semester, _fives(drawn)]


def _applications() -> Rows:
    rng = stream("dbh", "applications")
    for offer in OFFERS:
        for year in YEARS:
            drawn = offer.students * 60 / offer.credits * float(rng.uniform(1.5, 2.6))
            if has_students(offer, year, spring=False):
                yield [offer.college, COLLEGES[offer.college], offer.code, offer.name, year, 3,
                       _fives(drawn * GROWTH ** (year - 2025))]  # fmt: skip


def _register() -> Rows:
    for offer in OFFERS:
        yield [offer.college, COLLEGES[offer.college], offer.code, offer.name, offer.education,
               offer.municipality, offer.credits, offer.form]  # fmt: skip
