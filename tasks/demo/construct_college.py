"""Vocational colleges: their offers, and the county's two files about them; constructed.

The first two colleges exist; the rest are placeholders that bring their number to the eight that
the county funded in 2022. That year's places, rates and grant are the published ones
(`published/vocational_college_funding.csv`); how they fall on offers, and all other years, are
constructed. An offer has students and places from the term after its accreditation, never before.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tasks.demo.construct_common import published, share_out, write_csv

COLLEGES = {
    "FS001": "Trøndelag høyere yrkesfagskole",
    "FS002": "Chr. Thams fagskole",
    **{f"FS00{number}": f"Konstruert fagskole {number}" for number in range(3, 9)},
}


class Offer(NamedTuple):
    """One offer of a college.

    Attributes:
        municipality: Where its campus lies.
        education: NUS2000.
        form: Form of study in DBH's words.
        students: Usual number in the autumn of 2025.
        accredited: The date it was accredited; empty where it is not.
        since: The first autumn with students.
        until: The last spring with students; 9999 where it goes on.
    """

    college: str
    code: str
    name: str
    municipality: str
    education: str
    credits: int
    form: str
    students: int
    accredited: str = "2012-06-15"
    since: int = 2012
    until: int = 9999


ON_SITE, NET, GATHERINGS = "Stedbasert", "Nettbasert", "Samlingsbasert"
MODES = {ON_SITE: "stedbasert", NET: "nett", GATHERINGS: "samlinger"}
OFFERS = (
    Offer("FS001", "BYG", "Bygg", "5001", "557101", 120, ON_SITE, 160),
    Offer("FS001", "ANL", "Anlegg", "5001", "557102", 120, NET, 120),
    Offer("FS001", "ELK", "Elkraft", "5001", "555101", 120, NET, 190),
    Offer("FS001", "MAS", "Maskinteknikk", "5001", "555201", 120, ON_SITE, 110),
    Offer("FS001", "PSY", "Psykisk helsearbeid og rusarbeid", "5006", "569101", 60, GATHERINGS,
          140),
    Offer("FS001", "BAR", "Barn med særskilte behov", "5037", "562101", 60, GATHERINGS, 90),
    Offer("FS001", "ALD", "Aldring og eldreomsorg", "5007", "569102", 60, GATHERINGS, 70),
    Offer("FS001", "HAV", "Havbruksoperasjon og ledelse", "5014", "573101", 60, NET, 60,
          "2017-11-20", 2018),
    Offer("FS002", "VEL", "Velferdsteknologi", "5059", "569103", 30, NET, 80,
          "2018-12-10", 2019),
    Offer("FS002", "PRO", "Prosessteknikk", "5059", "554101", 120, GATHERINGS, 50),
    Offer("FS003", "SIK", "Cybersikkerhet", "5001", "554201", 60, NET, 150, "2019-02-14", 2019),
    Offer("FS003", "MAR", "Digital markedsføring", "5001", "541101", 60, NET, 120),
    Offer("FS003", "LED", "Prosjektledelse", "5001", "541102", 30, NET, 110),
    Offer("FS004", "ANI", "3D-animasjon", "5001", "519101", 120, ON_SITE, 65),
    Offer("FS004", "LYD", "Lydproduksjon", "5001", "519102", 60, ON_SITE, 55),
    Offer("FS005", "HEL", "Helseadministrasjon", "5037", "569104", 60, NET, 110),
    Offer("FS006", "AGR", "Agronomi og ledelse", "5006", "571101", 60, GATHERINGS, 45),
    Offer("FS006", "VER", "Bygningsvern", "5006", "557103", 60, GATHERINGS, 30, until=2023),
    Offer("FS007", "LOG", "Logistikk og transport", "5035", "581101", 60, NET, 130),
    Offer("FS008", "MTK", "Maritim teknologi", "5060", "581201", 120, ON_SITE, 60),
    Offer("FS008", "SVE", "Sveiseteknologi", "5060", "555202", 60, GATHERINGS, 25,
          "2024-03-20", 2024),
)  # fmt: skip
# Known to the county and not to DBH: no offer starts before its accreditation.
PLANNED = (
    (Offer("FS001", "ROB", "Robotteknikk", "5001", "555203", 60, ON_SITE, 0, ""),
     (("under oppbygging", "2025-02-01"), ("søkt", "2026-03-01"))),
    (Offer("FS002", "BAT", "Batteriteknologi", "5059", "554102", 60, GATHERINGS, 0, ""),
     (("under oppbygging", "2026-01-15"),)),
)  # fmt: skip
ACCREDITED_BY = "Nasjonalt organ for kvalitet i utdanningen (NOKUT)"
EXPIRED = {"VER": "2023-07-01"}
YEARS = tuple(range(2020, 2027))
ANCHOR = 2022
GROWTH = 1.06
# Kroner for a place a year, on site (and in gatherings) and on the net; 2022 is published.
RATES = {
    2020: (91_000, 63_500), 2021: (93_000, 64_500), 2022: (95_000, 66_000),
    2023: (98_500, 68_500), 2024: (102_500, 71_000), 2025: (106_500, 74_000),
    2026: (110_000, 76_500),
}  # fmt: skip
# Half-year places on site of all half-year places in 2022: the whole number that gives, with the
# published places and rates, the published 137.3 million.
ON_SITE_HALVES = 1_597
HEAD = ["fagskolenummer", "fagskole", "tilbudskode", "tilbud", "kommune", "studieform"]
OFFER_COLUMNS = [*HEAD, "nus", "studiepoeng", "maaneder", "akkreditering", "akkreditert_av",
                 "akkreditert_dato", "gyldig_fra", "konstruert"]  # fmt: skip
GRANT_COLUMNS = ["aar", *HEAD, "plasser_vaar", "plasser_hoest", "sats_kr", "tilskudd_kr",
                 "konstruert"]  # fmt: skip


def write(out: Path) -> None:
    """Write `county/fagskoletilbud.csv` and `county/fagskoletilskudd.csv`."""
    write_csv(out / "county" / "fagskoletilbud.csv", OFFER_COLUMNS, _offers(), excel=True)
    write_csv(out / "county" / "fagskoletilskudd.csv", GRANT_COLUMNS, _grants(), excel=True)


def has_students(offer: Offer, year: int, *, spring: bool) -> bool:
    """Whether an offer runs in a term."""
    return offer.since <= year - spring and (year < offer.until or (spring and year == offer.until))


def _head(offer: Offer) -> list[Any]:
    return [offer.college, COLLEGES[offer.college], offer.code, offer.name, offer.municipality,
            MODES[offer.form]]  # fmt: skip


def _offers() -> Iterator[list[Any]]:
    """A line per offer and state of its accreditation."""
    accredited = [
        (
            offer,
            (("akkreditert", offer.accredited),)
            + ((("utløpt", EXPIRED[offer.code]),) if offer.code in EXPIRED else ()),
        )
        for offer in OFFERS
    ]
    for offer, states in [*accredited, *PLANNED]:
        # Sixty credits a year; half speed where work goes on beside the studies.
        months = offer.credits // 5 * (1 if offer.form == ON_SITE else 2)
        for state, since in states:
            by = [ACCREDITED_BY, offer.accredited] if offer.accredited else ["", ""]
            yield [*_head(offer), offer.education, offer.credits, months, state, *by, since, "true"]


def _grants() -> Iterator[list[Any]]:
    """A line per offer and year that it has places in."""
    for year in YEARS:
        halves = _halves(year)
        for at, offer in enumerate(OFFERS):
            spring, autumn = int(halves[0, at]), int(halves[1, at])
            if spring + autumn:
                rate = RATES[year][offer.form == NET]
                yield [year, *_head(offer), spring, autumn, rate, (spring + autumn) * rate // 2,
                       "true"]  # fmt: skip


def _halves(year: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Places by term (spring, autumn) and offer; in 2022 they add up to the published ones."""
    known = published("vocational_college_funding").filter(year=str(ANCHOR))
    places = {row["measure"]: float(row["value"]) for row in known.iter_rows(named=True)}
    scale = GROWTH ** (year - ANCHOR)
    terms = np.rint(np.array([places["places_spring"], places["places_autumn"]]) * scale)
    totals = terms.astype(np.int64)
    on_site = share_out(int(np.rint(ON_SITE_HALVES * scale)), terms)
    found = np.zeros((2, len(OFFERS)), dtype=np.int64)
    for term, spring in enumerate((True, False)):
        runs = np.array([o.students * has_students(o, year, spring=spring) for o in OFFERS])
        net = np.array([offer.form == NET for offer in OFFERS])
        found[term] += share_out(int(on_site[term]), (runs * ~net).astype(np.float64))
        found[term] += share_out(int(totals[term] - on_site[term]), (runs * net).astype(np.float64))
    return found
