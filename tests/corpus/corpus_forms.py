"""Damaged forms: filled workbooks that lie in the inbox when a night begins."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import corpus_xlsx
import form_tools
from corpus_damages import Change, Damage
from corpus_desk import HARMLESS, LANDING, MART

from tasks.forms import inbox, look
from tasks.settings import Settings

FORM = "form"


def in_table(label: str, value: Any) -> Change:
    """The form with something else in the first row of a column."""

    def put(book: Any) -> None:
        sheet = book[look.SHEET]
        form_tools.cell_of(sheet, label, 0).value = value

    return corpus_xlsx.in_book(put)


def _merged(book: Any) -> None:
    sheet = book[look.SHEET]
    row, column = form_tools.labelled(sheet, "Yrke")
    sheet.merge_cells(
        start_row=row + 1, end_row=row + 2, start_column=column, end_column=column + 3
    )


def _twice(book: Any) -> None:
    book.copy_worksheet(book[look.SHEET])


def _without_table(book: Any) -> None:
    sheet = book[look.SHEET]
    row, _ = form_tools.labelled(sheet, "Yrke")
    sheet.delete_rows(row)


WORDS = tuple(
    Damage(name, "form", change=change)
    for name, change in {
        "a formula that was never calculated": in_table("Hvor mange", "=1+1"),
        "an error for a number": in_table("Hvor mange", "#REF!"),
        "a negative number": in_table("Hvor mange", -12),
        "half a person": in_table("Hvor mange", 2.5),
        "a number without end": in_table("Hvor mange", 1e300),
        "a year long past": in_table("År", 1814),
        "a year far to come": in_table("År", 99999),
        "a code that never was": in_table("Yrke", "9998 Drageflygere"),
        "a code with another's name": in_table("Yrke", "5321 Sykepleiere"),
        "a municipality of another region": in_table("Kommune", "0301 Oslo"),
        "nothing where something must stand": in_table("År", None),
        "a person's number": in_table("Begrunnelse", "Spør 01810286667"),
        "a text of a million signs": in_table("Begrunnelse", "x" * 1_000_000),
        "HTML": in_table("Yrke", "<script>alert(1)</script>"),
        "merged cells": corpus_xlsx.in_book(_merged),
        "the sheet twice": corpus_xlsx.in_book(_twice),
        "the table gone": corpus_xlsx.in_book(_without_table),
    }.items()
)
BY_HAND = (*corpus_xlsx.BY_HAND, *WORDS)


class FormDesk:
    """An installation that takes forms.

    Args:
        folder: An empty folder.

    Attributes:
        right: The bytes of a form that is filled in as it should be.
    """

    def __init__(self, folder: Path) -> None:
        self._settings = Settings(home=folder / "home", profile="demo")
        form_tools.published(self._settings.rooms.warehouse)
        self._desk = form_tools.Desk(self._settings, folder / "sent")
        self.right = self._desk.filled(form_tools.HEALTH).read_bytes()
        _, self._rows = self._taken(self.right)
        assert self._rows

    def tried(self, body: bytes) -> tuple[str, str]:
        """Where a form was stopped, and why; the journal is then as it was."""
        outcome, rows = self._taken(body)
        if not rows:
            return LANDING, outcome
        return (HARMLESS if rows == self._rows else MART), outcome

    def _taken(self, body: bytes) -> tuple[str, list[Any]]:
        """What is said of a form, and the rows that the journal has of it."""
        rooms = self._settings.rooms
        for room in (rooms.journal, rooms.forms):
            shutil.rmtree(room, ignore_errors=True)
        file = rooms.forms / "inbox" / "skjema.xlsx"
        file.parent.mkdir(parents=True)
        file.write_bytes(body)
        (taken,) = inbox.take(self._settings, (), today=form_tools.TODAY)
        rows = [row for entry in self._desk.entries() for row in entry.payload["rows"]]
        said = taken.answer
        words = [said.reason or "", *(text for _, text in said.refusals)]
        return "; ".join(word for word in words if word), [_told(row) for row in rows]


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the journal without what is made anew each time."""
    return {key: value for key, value in row.items() if key not in {"row", "id"}}
