"""Files that the county has ordered or keeps: employed by occupation and age, practice places.

All of it is constructed. Employed persons of a municipality add up, occupation by occupation, to
table 13470; occupations follow the industries' staffing, age follows the national profile of table
11658. In the newest year, those in health and care without training add up to what the forum's
minutes say. Counts of one to four are closed, and so is what would give them away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from tasks.demo import construct_labour, construct_tables
from tasks.demo.construct_common import (
    SAMPLE,
    Floats,
    Ints,
    reference,
    share_out,
    stream,
    write_csv,
)
from tasks.demo.construct_population import municipalities

HEADER = (
    "aar", "kommune", "yrke", "sysselsatte", "alder_15_24", "alder_25_39", "alder_40_54",
    "alder_55_74", "alder_55_59", "alder_60_74", "deltid", "midlertidig", "uten_fagutdanning",
    "konstruert",
)  # fmt: skip
# Table 11658 has 55-66 in one group: so much of it is 55-59. Assumed.
YOUNGER_OF_55_66 = 0.46
SMALL = 5
# Part time, temporary and without training by major group, where the occupation is not in
# `assumptions/occupation_terms.csv`. Assumed.
TERMS = {
    "0": (0.10, 0.08, 0.10), "1": (0.07, 0.03, 0.15), "2": (0.17, 0.09, 0.03),
    "3": (0.15, 0.06, 0.12), "4": (0.30, 0.08, 0.30), "5": (0.45, 0.14, 0.40),
    "6": (0.25, 0.08, 0.45), "7": (0.06, 0.04, 0.20), "8": (0.12, 0.06, 0.45),
    "9": (0.45, 0.15, 0.70),
}  # fmt: skip

# Practice places in health and care: code, name, level, how many per thousand adults. Assumed.
PRACTICE = (
    ("HSHEA2----", "Vg2 helsearbeiderfag", "videregående opplæring", 1.9),
    ("HSAMB2----", "Vg2 ambulansefag", "videregående opplæring", 0.2),
    ("FS-HELSE", "Fagskoleutdanning i helse- og velferdsfag", "fagskole", 0.5),
    ("UH-SYKEPLEIE", "Bachelor i sykepleie", "universitet og høgskole", 2.6),
    ("UH-VERNEPLEIE", "Bachelor i vernepleie", "universitet og høgskole", 0.8),
)
PRACTICE_HEADER = (
    "aar", "kommune", "utdanningskode", "utdanning", "nivaa", "plasser_avtalt", "plasser_brukt",
    "konstruert",
)  # fmt: skip
PRACTICE_YEARS = tuple(range(2019, 2027))


@dataclass(frozen=True)
class Workforce:
    """Whole persons by municipality, year and occupation of four digits.

    Attributes:
        ages: `[municipality, year, occupation, age group]`.
        terms: `[municipality, year, occupation, (part time, temporary, without training)]`.
    """

    municipalities: list[str]
    occupations: list[str]
    ages: Ints
    terms: Ints


def workforce() -> Workforce:
    """Everyone employed in the county's municipalities, 2016–2025, before anything is closed."""
    codes, _, _ = municipalities()
    national = construct_labour.employed_by_occupation()
    occupations = [code[0] for code in national.variables[0].codes]
    persons = np.asarray(national.value[:, :, :, 0, -1].sum(axis=1))
    employed = _by_occupation(len(codes), occupations, persons.sum(axis=1))
    younger = persons[:, 3:4] * YOUNGER_OF_55_66
    older = persons[:, 3:4] - younger + persons[:, 4:]
    profile = np.concatenate([persons[:, :3], younger, older], axis=1)
    local = np.exp(stream("workforce-age").normal(0, 0.12, (len(codes), 1, *profile.shape)))
    ages = share_out(employed, np.broadcast_to(profile * local, (*employed.shape, 5)))
    return Workforce(codes, occupations, ages, _terms(employed, occupations))


def _by_occupation(places: int, occupations: list[str], national: Floats) -> Ints:
    """`[municipality, year, occupation]`: groups staff the industries, occupations the groups."""
    staffing = reference("crosswalk_industry_occupation")
    groups = sorted({code[:2] for code in occupations})
    weights = np.zeros((len(construct_tables.INDUSTRIES), len(groups)))
    for row in staffing.iter_rows(named=True):
        industry = list(construct_tables.INDUSTRIES).index(row["industry_code"])
        weights[industry, groups.index(row["occupation_code"])] = float(row["weight"])
    rng = stream("workforce-group")
    local = weights * np.exp(rng.normal(0, 0.1, (places, 1, 1, len(groups))))
    # Municipality, year, industry: the very figures of table 13470.
    by_industry = construct_tables.employed().value[:, :, 0, :].transpose(0, 2, 1).astype(np.int64)
    by_group = share_out(by_industry, np.broadcast_to(local, (*by_industry.shape, len(groups))))
    by_group = by_group.sum(axis=2)
    parts = _parts(occupations, national)
    drift = np.exp(stream("workforce-occupation").normal(0, 0.15, (places, 1, len(occupations))))
    result = np.zeros((*by_group.shape[:2], len(occupations)), dtype=np.int64)
    for number, group in enumerate(groups):
        members = np.array([code[:2] == group for code in occupations])
        within = np.broadcast_to(
            (parts * drift)[:, :, members], (*by_group.shape[:2], members.sum())
        )
        result[:, :, members] = share_out(by_group[:, :, number], within)
    return result


def _parts(occupations: list[str], national: Floats) -> Floats:
    """Part of its two-digit group that each occupation is: as assumed, else as in the nation."""
    assumed = _assumed()
    parts = np.zeros(len(occupations))
    for group in sorted({code[:2] for code in occupations}):
        members = [i for i, code in enumerate(occupations) if code[:2] == group]
        known = {i: assumed[occupations[i]][0] for i in members if occupations[i] in assumed}
        others = [i for i in members if i not in known]
        left = 1 - sum(known.values())
        for i in members:
            parts[i] = known.get(i, 0.0)
        parts[others] = left * national[others] / max(national[others].sum(), 1.0)
    return parts


def _terms(employed: Ints, occupations: list[str]) -> Ints:
    """Part time, temporary, without training; the last held to the minutes of the forum."""
    assumed = _assumed()
    rate = np.array([assumed[c][1:] if c in assumed else TERMS[c[0]] for c in occupations])
    rng = stream("workforce-terms")
    local = np.exp(rng.normal(0, 0.12, (employed.shape[0], 1, *rate.shape)))
    wanted = employed[..., None] * np.clip(rate * local, 0, 0.9)
    terms = np.rint(wanted).astype(np.int64)
    sector = reference("sector").filter(sector_code="helse-omsorg", kind="occupation")["code"]
    members = np.isin(occupations, sector.to_list())
    stated = reference("sector_fact").filter(fact_code="ufaglaerte")["value"].cast(pl.Int64).item()
    untrained = wanted[:, :, members, 2]
    sums = untrained.sum(axis=(0, 2))
    for year, total in enumerate(np.rint(stated * sums / sums[-1]).astype(np.int64)):
        share = untrained[:, year].ravel()
        terms[:, year, members, 2] = share_out(int(total), share).reshape(untrained[:, year].shape)
    return np.asarray(np.minimum(terms, employed[..., None]), dtype=np.int64)


def _assumed() -> dict[str, tuple[float, ...]]:
    rows = pl.read_csv(SAMPLE / "assumptions" / "occupation_terms.csv", infer_schema=False)
    return {row[0]: tuple(float(cell) / 100 for cell in row[1:5]) for row in rows.iter_rows()}


def ordered(occupations: list[str]) -> dict[str, int]:
    """What the order names, and from which year on.

    All groups of two digits and the occupations of a sector for ten years; the other occupations
    that a trade leads to for five.
    """
    first, five = construct_tables.YEARS_EMPLOYED[0], construct_tables.YEARS_EMPLOYED[-5]
    sectors = set(reference("sector").filter(kind="occupation")["code"])
    trades = set(reference("crosswalk_trade_programme_area")["occupation_code"].drop_nulls())
    groups = dict.fromkeys(sorted({code[:2] for code in occupations}), first)
    chosen = [code for code in occupations if code in sectors | trades]
    return groups | {code: first if code in sectors else five for code in chosen}


def occupation_lines(all_of: Workforce) -> Iterator[list[str]]:
    """The lines of `yrke_kommune.csv`: two-digit groups and the occupations that are ordered."""
    years = construct_tables.YEARS_EMPLOYED
    for kind, first in ordered(all_of.occupations).items():
        members = [i for i, code in enumerate(all_of.occupations) if code.startswith(kind)]
        ages = all_of.ages[:, :, members].sum(axis=2)
        terms = all_of.terms[:, :, members].sum(axis=2)
        for place, code in enumerate(all_of.municipalities):
            for number, year in enumerate(years):
                if year >= first and ages[place, number].any():
                    cells = close(ages[place, number].tolist(), terms[place, number].tolist())
                    yield [str(year), code, kind, *cells, "true"]


def close(ages: list[int], terms: list[int]) -> list[str]:
    """One line's cells: total, ages, terms; counts of one to four are `*`, and what tells them.

    Args:
        ages: 15-24, 25-39, 40-54, 55-59, 60-74.
        terms: Parts of all that each tell how many are left.
    """
    total = sum(ages)
    if total < SMALL:
        return ["*"] * (2 + len(ages) + len(terms))
    groups = [*ages[:3], sum(ages[3:])]
    hidden = [0 < persons < SMALL for persons in groups]
    if sum(hidden) == 1:
        # With the total open, one closed group could be worked out: the next smallest goes too.
        rest = [i for i, persons in enumerate(groups) if persons and not hidden[i]]
        hidden[min(rest, key=lambda i: groups[i])] = True
    # The same holds for the two parts of the oldest group.
    older = hidden[3] or any(0 < persons < SMALL for persons in ages[3:])
    shown = [*groups, *ages[3:]]
    closed = [*hidden, *(older and persons > 0 for persons in ages[3:])]
    # Those who work part time tell how many do not.
    closed += [0 < persons < SMALL or 0 < total - persons < SMALL for persons in terms]
    cells = zip([*shown, *terms], closed, strict=True)
    return [str(total), *("*" if is_closed else str(persons) for persons, is_closed in cells)]


def practice_lines() -> Iterator[list[str]]:
    """The lines of `praksisplasser.csv`: places are no persons, and none is closed."""
    codes, _, adults = municipalities()
    rng = stream("practice")
    local = np.exp(rng.normal(0, 0.25, (len(codes), len(PRACTICE))))
    used = np.clip(rng.normal(0.86, 0.09, (len(codes), len(PRACTICE), len(PRACTICE_YEARS))), 0, 1)
    growth = 1 + 0.02 * (np.array(PRACTICE_YEARS) - PRACTICE_YEARS[-1])
    for place, code in enumerate(codes):
        for number, (education, name, level, rate) in enumerate(PRACTICE):
            for year, calendar in enumerate(PRACTICE_YEARS):
                wanted = adults[place] / 1000 * rate * local[place, number] * growth[year]
                agreed = int(np.rint(wanted))
                if agreed:
                    taken = int(np.rint(agreed * used[place, number, year]))
                    places = (str(agreed), str(taken))
                    yield [str(calendar), code, education, name, level, *places, "true"]


def write(out: Path) -> None:
    """Write the two files."""
    county = out / "county"
    write_csv(county / "yrke_kommune.csv", HEADER, occupation_lines(workforce()), excel=True)
    write_csv(county / "praksisplasser.csv", PRACTICE_HEADER, practice_lines(), excel=True)
