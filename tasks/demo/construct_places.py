"""Places by school, programme area and level, constructed around the pupils of 2025-26.

Classes of 15 (vocational) or 30 (general) in steps of a half. Most areas have a few places over;
where the last half class would hold only a few pupils it is not opened, so some are full; some
offers stand empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from tasks.demo.construct_common import reference

VALID_FROM, CHANGED_FROM = "2025-08-01", "2026-08-01"
CLASS_SIZE = {"yrkesfaglig": 15, "studieforberedende": 30, "paabygg": 30}
# So many pupils too many are squeezed in before another half class is opened, by class size.
SQUEEZED = {15: 2, 30: 4}
# Offers that nobody took in 2025-26: school, area.
EMPTY = (
    ("974558033", "BATMF2----"),
    ("974558130", "SRSRL2----"),
    ("974560763", "HSHSF1----"),
    ("974560798", "MEMOK1----"),
    ("996772772", "DTDTR2----"),
    ("974558068", "ELELE2----"),
)
# What the county decided for 2026: school, area, classes more or fewer. Constructed, as all here.
DECIDED = (
    ("996772810", "ELELE1----", +1),
    ("874558362", "ELELE1----", +1),
    ("984477112", "TPTIP1----", +1),
    ("974560720", "BABAT1----", -1),
    ("974560704", "HSHSF1----", -1),
    ("974560763", "HSHSF1----", -1),
    ("974558386", "STUSP1----", +1),
)


def half_classes(pupils: int, size: int) -> int:
    """Half classes that a school runs for so many pupils."""
    return max(1, ceil((pupils - SQUEEZED[size]) * 2 / size))


def places(pupils: dict[tuple[str, str], int], names: dict[str, str]) -> Iterator[tuple[str, ...]]:
    """The lines of `kapasitet.csv`.

    Args:
        pupils: Pupils of the last school year by school and programme area.
        names: School names by organisation number.
    """
    branch = dict(reference("utdanningsprogram").select("programme_code", "branch").iter_rows())
    offered = pupils | {offer: 0 for offer in EMPTY if offer not in pupils}
    changes = {(orgnr, area): change for orgnr, area, change in DECIDED}
    for (orgnr, area), number in sorted(offered.items()):
        size = CLASS_SIZE[branch[area[:2]]]
        now = half_classes(number, size)
        dated = [(VALID_FROM, now)]
        if (orgnr, area) in changes:
            dated.append((CHANGED_FROM, max(0, now + 2 * changes[orgnr, area])))
        for valid_from, count in dated:
            # Decimal comma, as the county's spreadsheets write it.
            number_of_classes = f"{count / 2:g}".replace(".", ",")
            head = (
                orgnr,
                names[orgnr],
                area,
                area[5],
                number_of_classes,
                str(ceil(count * size / 2)),
            )
            yield (*head, "ordinær", valid_from, "true")
