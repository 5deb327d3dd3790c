"""What the tests of forms share: code lists, a sender who fills in workbooks, journal entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from tasks.forms import calendar, codes, definition, inbox, look, standing, template
from tasks.forms.codes import folded
from tasks.forms.filled import Context
from tasks.forms.inbox import Taken
from tasks.journal import Entry, Journal
from tasks.settings import Project, Settings

TODAY = date(2026, 9, 15)
AFTER_DEADLINE = date(2026, 11, 24)
ORGNR = "974760673"
CONTACT = {
    "Kontaktperson": "Kari Strømsnes",
    "E-post": "kari.stromsnes@example.no",
    "Telefon": "73 12 34 56",
}
FORUM = {"Forum": "Fosen kompetanseforum", "Rolle": "Sekretariat", **CONTACT}
HEALTH = {
    "Yrke": "5321 Helsefagarbeidere",
    "Kommune": "5057 Ørland",
    "Hvor mange": 12,
    "År": 2028,
    "Prioritet": "1 Viktigst",
    "Begrunnelse": "Mange går av med pensjon.",
}
TIMBER = {
    "Programområde eller lærefag": "BATMF3---- Tømrerfaget (lærefag)",
    "År": 2027,
    "Prioritet": "2 Viktig",
    "Begrunnelse": "Nye byggeprosjekter.",
    "Forslag til tiltak": "Flere læreplasser.",
}
COMPANY = {
    "Virksomhet": "Fosen Verft AS",
    "Organisasjonsnummer": ORGNR,
    "Kommune": "5054 Indre Fosen",
    "Næring": "C Industri",
    "Antall ansatte": "50–99",
    "Rolle": "Ledelse",
    **CONTACT,
}
WELDER = {
    "Yrke": "7212 Sveisere",
    "Kompetanse": "Sveising av aluminium",
    "Nivå": "Fag- eller svennebrev",
    "Hvor mange": 4,
    "År": 2027,
    "Største hindring": "Kan ikke unnvære folk",
}
OFFICE = {"Opplæringskontor eller bedrift": "OKS Fosen", "Hvem dere er": "Opplæringskontor"}
OFFICE |= CONTACT
APPRENTICE = {
    "Lærefag": "HSHEA3---- Helsearbeiderfaget",
    "Kommune": "5057 Ørland",
    "Planlagt inntak til høsten": 6,
}

_LISTS = {
    "staging.occupation": (
        "occupation_code VARCHAR, occupation VARCHAR, level SMALLINT",
        [
            ("0000", "Uoppgitt", 4),
            ("0110", "Offiserer", 4),
            ("53", "Pleie- og omsorgsarbeidere", 2),
            ("5321", "Helsefagarbeidere", 4),
            ("2223", "Sykepleiere", 4),
            ("7212", "Sveisere", 4),
        ],
    ),
    "staging.programme_area": (
        "programme_area_code VARCHAR, name VARCHAR, level SMALLINT, is_in_company BOOLEAN, "
        "status VARCHAR, valid_from DATE, valid_to DATE",
        [
            ("HSHSF1----", "Helse- og oppvekstfag", 1, False, "in_force", "2006-08-01", None),
            ("HSHEA2----", "Helsearbeiderfag", 2, False, "in_force", "2006-08-01", None),
            ("HSHEA3----", "Helsearbeiderfaget", 3, True, "in_force", "2006-08-01", None),
            ("BATMF3----", "Tømrerfaget", 3, True, "in_force", "2006-08-01", None),
            ("BAMUR3----", "Murerfaget", 3, True, "expired", "2006-08-01", "2020-08-01"),
            ("BANYE3----", "Nyfaget", 3, True, "in_force", "2030-08-01", None),
            ("BAGML3----", "Gammelfaget", 3, True, "in_force", "2006-08-01", "2021-08-01"),
        ],
    ),
    "mart.municipality": (
        "municipality_code VARCHAR, municipality VARCHAR, county_code VARCHAR, valid_from DATE, "
        "valid_to DATE",
        [
            ("5001", "Trondheim - Tråante", "50", "2024-01-01", None),
            ("5007", "Namsos - Nåavmesjenjaelmie", "50", "2020-01-01", None),
            ("5054", "Indre Fosen", "50", "2018-01-01", None),
            ("5057", "Ørland", "50", "2020-01-01", None),
            ("5015", "Gamle Ørland", "50", "2018-01-01", "2020-01-01"),
            ("0301", "Oslo", "03", "2018-01-01", None),
        ],
    ),
    "staging.industry": (
        "industry_code VARCHAR, industry VARCHAR, level SMALLINT",
        [("C", "Industri", 1), ("01", "Jordbruk", 2), ("01.1", "Korn", 3)],
    ),
    "mart.school": (
        "organisation_number VARCHAR, school VARCHAR, municipality_code VARCHAR, is_active BOOLEAN",
        [
            ("974557975", "Fosen videregående skole", "5057", True),
            ("974558025", "Nedlagt skole", "5054", False),
            ("874558362", "Melhus videregående skole", "5028", True),
        ],
    ),
}


def published(path: Path) -> None:
    """A published warehouse with the code lists, small enough to see through."""
    path.parent.mkdir(parents=True)
    with duckdb.connect(str(path)) as con:
        for table, (columns, rows) in _LISTS.items():
            con.execute(f"create schema if not exists {table.split('.')[0]}")
            con.execute(f"create table {table} ({columns})")
            marks = ", ".join("?" * len(rows[0]))
            con.executemany(f"insert into {table} values ({marks})", rows)


@dataclass
class Desk:
    """Where forms are written, filled in, sent and taken."""

    settings: Settings
    folder: Path

    def context(
        self, form: str = "forum", region: str | None = "forum-fosen", round_name: str = "2027"
    ) -> Context:
        reference = Project().reference
        chosen = definition.load(reference / "forms")[form]
        regions = calendar.known_regions(reference, TODAY)
        where = regions[region] if region else None
        when = calendar.choose_round(calendar.rounds(reference), form, round_name, TODAY)
        lists = codes.load(self.settings, chosen.lists, where, regions, TODAY)
        return Context(chosen, when, where, lists, "Trøndelag")

    def empty(self, name: str = "skjema.xlsx", **of: Any) -> Path:
        path = self.folder / name
        template.write(path, self.context(**of))
        return path

    def filled(
        self,
        *rows: Mapping[str, Any],
        sender: Mapping[str, Any] = FORUM,
        name: str = "skjema.xlsx",
        change: Callable[[openpyxl.Workbook], None] | None = None,
        **of: Any,
    ) -> Path:
        """A form as a sender fills it in and saves it."""
        path = self.empty(name, **of)
        book = openpyxl.load_workbook(path)
        sheet = book[look.SHEET]
        for label, value in sender.items():
            beside(sheet, label).value = value
        for place, row in enumerate(rows):
            for label, value in row.items():
                cell_of(sheet, label, place).value = value
        if change:
            change(book)
        book.save(path)
        return path

    def take(self, *files: Path, today: date = TODAY) -> list[Taken]:
        return inbox.take(self.settings, files, today=today)

    def taken(self, *rows: Mapping[str, Any], today: date = TODAY, **filled: Any) -> Taken:
        """Fill in, send and take one form."""
        (one,) = self.take(self.filled(*rows, **filled), today=today)
        return one

    def drop(self, source: Path, name: str | None = None) -> Path:
        """Lay a file in the inbox."""
        box = self.settings.rooms.forms / "inbox"
        box.mkdir(parents=True, exist_ok=True)
        path = box / (name or source.name)
        path.write_bytes(source.read_bytes())
        return path

    def entries(self) -> list[Entry]:
        return Journal(self.settings.rooms.journal).entries(standing.TAKEN)


def labelled(sheet: Worksheet, label: str) -> tuple[int, int]:
    """The row and column that a label of the sheet stands in."""
    for row in sheet.iter_rows(max_row=60):
        for cell in row:
            if isinstance(cell.value, str) and folded(cell.value) == folded(label):
                return cell.row, cell.column
    raise AssertionError(f"no label {label}")


def beside(sheet: Worksheet, label: str) -> Any:
    """The sender's cell of a label: the one to its right."""
    row, column = labelled(sheet, label)
    return sheet.cell(row, column + 1)


def cell_of(sheet: Worksheet, label: str, place: int) -> Any:
    """The cell of a column in the table; `Kommune` is also a label of a sender."""
    head, _ = labelled(sheet, template.NUMBER)
    for cell in sheet[head]:
        if isinstance(cell.value, str) and folded(cell.value) == folded(label):
            return sheet.cell(head + 1 + place, cell.column)
    raise AssertionError(f"no column {label}")


def marked(one: Taken) -> Worksheet:
    """The sheet of the marked copy."""
    assert one.answer.copy is not None
    return openpyxl.load_workbook(one.answer.copy)[look.SHEET]


def answers(one: Taken) -> list[str]:
    """The column «Svar» of the marked copy, without empty cells."""
    sheet = marked(one)
    head, column = labelled(sheet, template.ANSWER)
    told = [sheet.cell(row, column).value for row in range(head + 1, sheet.max_row + 1)]
    return [text for text in told if text]


def entry(**payload: Any) -> Entry:
    """One `form.taken` entry; what is not given is as of a forum's ordinary form."""
    whole = {
        "submission": "s1",
        "form": "forum",
        "form_version": 1,
        "round": "2027",
        "region_code": "forum-fosen",
        "organisation": "Fosen kompetanseforum",
        "orgnr": None,
        "sender_role": "sekretariat",
        "contact": "c1",
        "received_on": "2026-11-01",
        "late": False,
        "file_name": "fosen.xlsx",
        "content_hash": "h1",
        "rows": [],
        "withdrawn": [],
        "refused_rows": 0,
    } | payload
    return Entry(1, datetime(2026, 11, 1, tzinfo=UTC), "form.taken", whole, "0" * 64)
