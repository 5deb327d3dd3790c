"""Where each figure comes from: source lines and the table of sources, from the run's vintages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tasks.errors import NotFound
from tasks.publish import formats
from tasks.publish.model import Column, Table, day, text
from tasks.publish.periods import Periods

# The county's registers that the student flow is estimated from.
_REGISTERS = (
    "county_transitions",
    "county_contracts",
    "county_certificates",
    "county_apprentice_placement",
)
USED = {
    "cohort": ("ssb_population", "ssb_projection"),
    "expected": (
        "county_pupils",
        *_REGISTERS,
        "udir_applicants",
        "ssb_population",
        "ssb_projection",
    ),
    "places": ("county_capacity", "county_pupils", "nsr_schools", "ssb_projection"),
    "apprenticeship": (
        "udir_apprentice_contracts",
        "udir_applicants",
        "udir_apprentice_placement",
        "county_pupils",
    ),
    "placement": ("udir_apprentice_placement",),
    "track_record": (
        "ssb_population",
        "county_pupils",
        *_REGISTERS,
        "udir_applicants",
    ),
}
"""Datasets behind each table that a run hands over."""
_OF_WORKING_LIFE = (
    "ssb_employed_by_industry",
    "ssb_employed_by_occupation",
    "ssb_employed_by_occupation_education",
    "county_occupation",
    *_REGISTERS,
    "ssb_projection",
)
ALSO = {
    # The test of employment stands in the record where there is one.
    "track_record": ("ssb_employed_by_industry",),
    "working_life": _OF_WORKING_LIFE,
    "intake_need": (*_OF_WORKING_LIFE, "county_pupils"),
    "shortage_now": (
        "nav_survey_county",
        "nav_survey_occupation",
        "nav_job_seekers_and_vacancies",
        "nav_job_seekers",
        "nav_vacancies",
    ),
    "apprenticeship_coverage": ("county_apprentice_placement",),
    "explanation": (
        "county_pupils",
        *_REGISTERS,
        "ssb_population",
        "ssb_projection",
        "ssb_employed_by_industry",
        "ssb_employed_by_occupation",
        "ssb_employed_by_occupation_education",
        "county_occupation",
    ),
}
"""The same of what a run can do without: those of the datasets that it had."""
OF_PLAN = tuple(
    dict.fromkeys(
        (
            *(
                dataset
                for table in ("expected", "places", "apprenticeship")
                for dataset in USED[table]
            ),
            *_OF_WORKING_LIFE,
            "county_intake",
            "udir_lower_secondary_points",
            "county_adult_modules",
            "county_college_offers",
            "county_college_funding",
            "dbh_vocational_programmes",
            "dbh_vocational_students",
        )
    )
)
"""The same of a plan in classes and of its intake, the run's forecast with them."""
_BEHIND = {t: USED.get(t, ()) + ALSO.get(t, ()) for t in USED | ALSO}

_DATES = ("Hentet", "Oppdatert av kilden")
MARK = "K: helt eller delvis konstruert, se kilder."
OBSERVED_ONLY = frozenset({"placement", "apprenticeship_coverage"})
SHORT = 10


@dataclass(frozen=True)
class Vintage:
    """The edition of a dataset that the figures rest on."""

    dataset: str
    title: str
    source_table: str
    publisher: str
    licence: str
    snapshot: str
    as_of: date
    landed_at: datetime
    source_updated: datetime | None
    stale: bool
    stale_reason: str | None
    constructed: bool


Vintages = dict[str, Vintage]


def of_run(rows: Iterable[Mapping[str, Any]]) -> Vintages:
    """Editions that a run stands on: the rows of `audit.vintage` that its manifest keeps.

    The warehouse may have moved on since the run; its figures have not.

    Raises:
        NotFound: A dataset that the report uses was not there when the run was made.
    """
    vintages = {
        row["dataset"]: Vintage(
            dataset=row["dataset"],
            title=row["title"],
            source_table=row["source_table"],
            publisher=row["publisher"],
            licence=row["licence"],
            snapshot=row["snapshot"],
            as_of=date.fromisoformat(row["as_of"]),
            landed_at=datetime.fromisoformat(row["landed_at"]),
            source_updated=_instant(row["source_updated"]),
            stale=row["stale"],
            stale_reason=row["stale_reason"],
            constructed=row["constructed"],
        )
        for row in rows
        if row["snapshot"]
    }
    missing = sorted({d for used in USED.values() for d in used} - set(vintages))
    if missing:
        raise NotFound(
            subject="utgavene som kjøringen bygger på",
            expected="en utgave av hvert datasett som rapporten bygger på",
            got=f"ingen utgave av {', '.join(missing)}",
            remedy=f"kjør «tilbudsplan ingest {' '.join(missing)}» og så planen på nytt",
        )
    return vintages


def of(table: str, vintages: Vintages) -> str:
    """The source line of a table, with marks for constructed and stale datasets."""
    used = [vintages[d] for d in _BEHIND[table] if d in vintages]
    parts = [f"Kilde: {_by_publisher(used)}. Hentet {_days(v.landed_at for v in used)}."]
    if table not in OBSERVED_ONLY:
        parts.append("Forventede tall: egne beregninger.")
    if any(v.constructed for v in used):
        parts.append(MARK)
    for vintage in used:
        if vintage.stale:
            parts.append(f"Foreldet: {vintage.title} ({vintage.stale_reason or 'ukjent årsak'}).")
    return " ".join(parts)


def table(vintages: Vintages, periods: Periods) -> Table:
    """The table of sources: one row a dataset that the report uses, and in which of its parts."""
    names = {"cohort": "2", "expected": "3", "places": "4", "apprenticeship": "5", "placement": "5"}
    names |= dict.fromkeys(ALSO, "6") | {"explanation": "7", "track_record": "8"}
    datasets = dict.fromkeys(d for used in _BEHIND.values() for d in used)
    parts = {d: sorted({names[t] for t, used in _BEHIND.items() if d in used}) for d in datasets}
    return _table(vintages, periods, parts)


def table_of_plan(vintages: Vintages, periods: Periods) -> Table:
    """The same of a plan: one row a dataset that it, its intake or its forecast uses."""
    return _table(vintages, periods, {dataset: [] for dataset in OF_PLAN})


def _table(vintages: Vintages, periods: Periods, parts: Mapping[str, list[str]]) -> Table:
    of_what = periods.by_dataset()
    in_parts = any(parts.values())
    rows = []
    for v in (vintages[dataset] for dataset in parts if dataset in vintages):
        marks = [m for m, on in (("konstruert (K)", v.constructed), ("foreldet", v.stale)) if on]
        mark = formats.listing(marks) or "ingen"
        reason = f": {v.stale_reason}" if v.stale and v.stale_reason else ""
        rows.append(
            [
                text(v.title),
                text(v.publisher),
                text(v.source_table),
                *([text(formats.listing(parts[v.dataset]))] if in_parts else []),
                text(mark + reason, "marked" if marks else ""),
                text(of_what.get(v.dataset, formats.MISSING)),
                day(v.landed_at),
                day(v.source_updated),
                text(v.licence),
                text(v.snapshot[:SHORT]),
                text(v.dataset),
            ]
        )
    titles = (
        "Innhold",
        "Utgiver",
        "Kildetabell",
        *(["Brukt i del"] if in_parts else []),
        "Merking",
        "Gjelder",
        "Hentet",
        "Oppdatert av kilden",
        "Lisens",
        "Utgave",
        "Datasett",
    )
    return Table(
        id="tabell-kilder",
        title="Kilder og utgaver",
        sheet="Kilder",
        columns=tuple(Column(t, "date" if t in _DATES else "text") for t in titles),
        rows=rows,
        source="Kilde: kildenes egne opplysninger, slik kjøringen er lagret med dem.",
        notes=(
            "«Gjelder» er nyeste periode i tallene. «Utgave» er de første tegnene i "
            "kontrollsummen for dataene slik de kom.",
        ),
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _by_publisher(vintages: list[Vintage]) -> str:
    tables: dict[str, list[str]] = {}
    for vintage in vintages:
        mark = " (K)" if vintage.constructed else ""
        tables.setdefault(vintage.publisher, []).append(vintage.source_table + mark)
    # Several datasets may come in one delivery: it is named once.
    return "; ".join(
        f"{name}, {formats.listing(list(dict.fromkeys(ids)))}" for name, ids in tables.items()
    )


def _days(instants: Iterable[datetime]) -> str:
    return formats.listing(list(dict.fromkeys(formats.day(i) for i in sorted(instants))))
