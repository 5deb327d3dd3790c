"""NAV's vacancy feed, constructed: a log of changes, and details with made-up contact persons.

Nothing here is published: vacancies, employers and persons are made up, and each line says
`konstruert`. Occupations and municipalities are those of the classifications. The persons are
there to be seen on the wire and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import numpy as np

from tasks.demo.construct_common import SAMPLE, read_names, stream

VACANCIES = 260
START = datetime.fromisoformat("2026-09-01T05:00:00+00:00")
DAYS = 80
# STYRK-08 with how often it is looked for; assumed.
OCCUPATIONS = {
    "5321": 14, "2223": 9, "5311": 6, "7411": 7, "7115": 7, "7126": 4, "8332": 5, "7231": 4,
    "7233": 4, "7212": 3, "7223": 3, "7412": 3, "5120": 4, "5131": 3, "5223": 7, "4321": 4,
    "9112": 4, "6221": 3, "2341": 6, "5141": 2, "3313": 2, "7511": 1,
}  # fmt: skip
# As the feed writes them: upper case, no number, one language. Two of the names are shared by two
# municipalities, and "?" stands where no place is given.
OUTSIDE = {
    "OSLO": "OSLO", "BERGEN": "VESTLAND", "BODØ": "NORDLAND", "MOLDE": "MØRE OG ROMSDAL",
    "HERØY": "NORDLAND", "VÅLER": "INNLANDET", "HAMAR": "INNLANDET", "?": "",
}  # fmt: skip
FIRST_NAMES = ("Kari", "Ola", "Anne", "Per", "Ingrid", "Lars", "Sunniva", "Mikkel")
SURNAMES = ("Oppdiktet", "Påfunnsen", "Ikkefinnes", "Tenktvik", "Fabelstad", "Diktemo")


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist."""

    name: str
    email: str
    phone: str


def write(out: Path) -> None:
    """Write `nav_feed/log.jsonl` (the pages) and `nav_feed/details.jsonl` (the vacancies)."""
    random = stream("vacancies")
    places = _places()
    names = dict(read_names(SAMPLE / "klass" / "7" / "codes.csv"))
    log: list[tuple[datetime, int, dict[str, Any]]] = []
    details = []
    for number in range(VACANCIES):
        events, detail = _vacancy(random, number, places, names)
        log += [(at, number, line) for at, line in events]
        details.append(detail)
    log.sort(key=lambda event: event[:2])
    folder = out / "nav_feed"
    folder.mkdir(parents=True, exist_ok=True)
    lines = [line | {"id": str(_uuid(random))} for _, _, line in log]
    _write(folder / "log.jsonl", lines)
    _write(folder / "details.jsonl", details)


def _places() -> list[tuple[str, str, float]]:
    """Name, county and weight: the municipalities of Trøndelag by a rule of thumb, some outside."""
    today = [
        row
        for row in read_names(SAMPLE / "klass" / "131" / "codes.csv", valid=True)
        if row[0].startswith("50")
    ]
    big = {"TRONDHEIM": 40.0, "STJØRDAL": 8.0, "LEVANGER": 7.0, "STEINKJER": 8.0, "VERDAL": 5.0}
    ours = []
    for code, name in today:
        # The feed has one language: the Norwegian name, wherever it stands.
        norwegian = {"5041": "SNÅSA", "5043": "RØYRVIK"}.get(code, name.split(" - ")[0].upper())
        ours.append((norwegian, "TRØNDELAG", big.get(norwegian, 1.5)))
    return ours + [(name, county, 4.0) for name, county in OUTSIDE.items()]


def _vacancy(
    random: np.random.Generator,
    number: int,
    places: list[tuple[str, str, float]],
    names: dict[str, str],
) -> tuple[list[tuple[datetime, dict[str, Any]]], dict[str, Any]]:
    """What the log says of one vacancy, and what its details say in the end."""
    uuid = str(_uuid(random))
    weights = np.array([weight for _, _, weight in places])
    municipal, county, _ = places[random.choice(len(places), p=weights / weights.sum())]
    code = _draw(random, OCCUPATIONS)
    published = START + timedelta(minutes=int(random.integers(0, DAYS * 24 * 60)))
    instants = [published]
    for _ in range(int(random.integers(0, 3))):
        instants.append(instants[-1] + timedelta(minutes=int(random.integers(30, 20_000))))
    closed = instants[-1] + timedelta(days=int(random.integers(10, 60)))
    last = START + timedelta(days=DAYS)
    person = _person(random)
    employer = f"{person.name} Håndverk" if number % 9 == 0 else f"Eksempel {number:03d} AS"
    title = f"{names[code]} søkes" + (f", ring {person.phone}" if number % 11 == 0 else "")
    said = {"uuid": uuid, "municipal": municipal, "konstruert": True}
    active = said | {"status": "ACTIVE", "title": title, "businessName": employer}
    stopped = said | {"status": "INACTIVE", "title": "...", "businessName": ""}
    events = [(at, active | {"sistEndret": _iso(at)}) for at in instants if at <= last]
    if closed <= last:
        events.append((closed, stopped | {"sistEndret": _iso(closed)}))
    detail: dict[str, Any] = {
        "uuid": uuid,
        "sistEndret": events[-1][1]["sistEndret"],
        "status": events[-1][1]["status"],
        "konstruert": True,
    }
    if closed > last:
        place = {"country": "NORGE", "county": county, "municipal": municipal}
        categories = _categories(random, code, names)
        detail["ad_content"] = _advertisement(
            uuid, title, employer, place, categories, person, published, closed, number
        )
    return events, detail


def _advertisement(
    uuid: str,
    title: str,
    employer: str,
    place: dict[str, str],
    categories: list[dict[str, Any]],
    person: Person,
    published: datetime,
    closed: datetime,
    number: int,
) -> dict[str, Any]:
    by_mail = f"Send søknad til {person.email} innen fristen"
    text = f"<p>Vi trenger deg. Spørsmål? Ring {person.name}, {person.phone}, {person.email}.</p>"
    return {
        "uuid": uuid,
        "published": _iso(published),
        "expires": _iso(closed),
        "updated": _iso(published),
        "workLocations": [place | {"address": "Diktervegen 1", "city": place["municipal"],
                                   "postalCode": "7000"}],
        "contactList": [{"name": person.name, "email": person.email, "phone": person.phone,
                         "role": "", "title": "Daglig leder"}],
        "title": title,
        "description": text,
        "sourceurl": f"https://example.org/{person.email}",
        "source": "Stillingsregistrering",
        "applicationUrl": f"mailto:{person.email}",
        "applicationDue": by_mail if number % 5 == 0 else f"{closed:%Y-%m-%dT00:00:00}",
        "occupationCategories": [{"level1": "Utdanning", "level2": "Annet"}],
        "categoryList": categories,
        "jobtitle": title,
        "link": f"https://arbeidsplassen.nav.no/stillinger/stilling/{uuid}",
        "employer": {"name": employer, "orgnr": f"{number:09d}",
                     "description": f"{employer}, kontakt {person.name}", "homepage": ""},
        "engagementtype": "Fast",
        "extent": "Deltid" if number % 6 == 0 else "Heltid",
        "starttime": f"Etter avtale med {person.name}",
        "positioncount": str(1 + number % 3),
        "sector": "Offentlig" if number % 2 else "Privat",
    }  # fmt: skip


def _categories(
    random: np.random.Generator, code: str, names: dict[str, str]
) -> list[dict[str, Any]]:
    """The classifier's guesses; it does not always find one in STYRK-08."""
    other = {"categoryType": "JANZZ", "code": "00998877", "name": names[code], "score": 1.0}
    if random.random() < 0.04:
        return [other]
    found = [other, {"categoryType": "STYRK08", "code": code, "name": names[code], "score": 0.9}]
    if random.random() < 0.2:
        second = _draw(random, OCCUPATIONS)
        if second != code:
            found.append({"categoryType": "STYRK08", "code": second, "name": names[second],
                          "score": 0.4})  # fmt: skip
    return found


def _person(random: np.random.Generator) -> Person:
    first, last = random.choice(FIRST_NAMES), random.choice(SURNAMES)
    digits = f"{random.integers(0, 1_000_000):06d}"
    # No Norwegian number begins with 00, and nobody has a mailbox at example.org.
    phone = f"00 {digits[:2]} {digits[2:4]} {digits[4:]}"
    return Person(f"{first} {last}", f"{first}.{last}@example.org".lower(), phone)


def _draw(random: np.random.Generator, weights: dict[str, int]) -> str:
    total = np.array(list(weights.values()), dtype=np.float64)
    return str(random.choice(list(weights), p=total / total.sum()))


def _uuid(random: np.random.Generator) -> UUID:
    return UUID(bytes=random.bytes(16), version=4)


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.000Z"


def _write(path: Path, lines: list[dict[str, Any]]) -> None:
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
