"""DBH's questions and its workbook of variables, held against the client and the catalogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tasks import catalogue
from tasks.settings import Project
from tasks.sources.dbh import Selection, question

ENTRIES = [d for d in catalogue.load(Project().catalogue) if d.protocol == "dbh"]
ALL = {"filter": "all"}
INSTITUTION = {"variable": "Institusjonskode", **ALL}
UNIT = {"variable": "Avdelingskode", **ALL}


def newest(years: int) -> dict[str, Any]:
    return {"variable": "Årstall", "filter": "top", "values": [str(years)]}


# What a person reads out of each recorded question, in the words of the catalogue.
WISHES: dict[str, dict[str, Any]] = {
    "60": {
        "limit": "*",
        "group_by": ["Institusjonskode", "Avdelingskode", "Årstall", "Semester", "Alder"],
        "sort_by": ["Institusjonskode", "Avdelingskode"],
        "filter": [INSTITUTION, UNIT, newest(2)],
    },
    "100": {
        "limit": 10_000,
        "group_by": ["Årstall", "Institusjonskode (arbeidsgiver)"],
        "sort_by": ["Årstall", "Institusjonskode (arbeidsgiver)"],
        "filter": [newest(1), {"variable": "Institusjonskode (arbeidsgiver)", **ALL}],
    },
    "118": {
        "group_by": ["Institusjonskode", "Avdelingskode", "Årstall", "Semester",
                     "Studieprogramkode", "Studiumkode", "Nivåkode", "Andel av heltid",
                     "Studiepoeng", "NUS-kode", "Organisering_kode", "Andel praksis",
                     "Prosent egenfinansiering"],
        "sort_by": ["Institusjonskode", "Avdelingskode"],
        "filter": [INSTITUTION, UNIT, newest(5)],
    },
    "124": {
        "group_by": ["Institusjonskode", "Årstall", "Stedkode campus", "Semester",
                     "Studentkategori", "Studieprogramkode", "Studieretningkode",
                     "Stednavn campus", "Kommunenummer campus", "Kjønn", "Studiumkode",
                     "Nivåkode", "NUS-kode", "Organisering_kode", "Andel av heltid",
                     "Studiepoeng"],
        "sort_by": ["Institusjonskode", "Årstall"],
        "filter": [INSTITUTION, newest(10), {"variable": "Stedkode campus", **ALL}],
    },
    "142": {
        "limit": 10_000,
        "group_by": ["Institusjonskode", "Avdelingskode", "Årstall", "Semester",
                     "Studieprogramkode"],
        "sort_by": ["Institusjonskode", "Avdelingskode"],
        "filter": [INSTITUTION, UNIT, newest(10)],
    },
}  # fmt: skip


def recorded(real: Path, table: str) -> dict[str, Any]:
    path = real / "dbh" / f"query_tabell_{table}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8-sig"))
    return found


@pytest.mark.parametrize("table", sorted(WISHES))
def test_the_same_wish_gives_the_recorded_question(real: Path, table: str) -> None:
    wish = {"table": int(table), "numbers": ["Antall"]} | WISHES[table]
    made = question(Selection.model_validate(wish))
    body = recorded(real, table)
    assert made == body
    assert list(made) == list(body), "the keys in the recorded order"


def test_every_recorded_question_was_tried(real: Path) -> None:
    there = {path.stem.rpartition("_")[2] for path in (real / "dbh").glob("query_tabell_*.json")}
    assert there == set(WISHES)


def variables(real: Path) -> dict[int, tuple[bool, set[str]]]:
    """Per table: whether it holds persons, and the variables that it is known to be summed by."""
    book = openpyxl.load_workbook(real / "dbh" / "DBHAPI_Variabler.xlsx", read_only=False)
    found: dict[int, tuple[bool, set[str]]] = {}
    for table, _, persons, _, listed, by in book.worksheets[0].iter_rows(
        min_row=2, values_only=True
    ):
        names = {name.strip() for text in (listed, by) if text for name in str(text).split(",")}
        body = real / "dbh" / f"query_tabell_{table}.json"
        if body.is_file():
            names |= set(recorded(real, str(table))["groupBy"])
        found[int(table)] = (bool(persons), names)
    return found


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda d: d.id)
def test_entries_ask_as_the_workbook_allows(real: Path, entry: catalogue.Dataset) -> None:
    selection = entry.selection
    if selection.table is None:
        assert entry.awaited
        return
    persons, allowed = variables(real)[selection.table]
    assert set(selection.group_by) <= allowed
    if persons:
        assert selection.group_by, "figures about persons are asked for in sums only"


def test_the_workbook_names_no_table_of_completed_vocational_college_education(real: Path) -> None:
    book = openpyxl.load_workbook(real / "dbh" / "DBHAPI_Variabler.xlsx")
    titles = [str(row[1]).lower() for row in book.worksheets[0].iter_rows(values_only=True)]
    colleges = [title for title in titles if "fagskole" in title]
    assert len(colleges) == 10
    assert not [title for title in colleges if "fullført" in title or "uteksaminert" in title]
