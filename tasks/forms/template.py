"""A form as a workbook: the empty one that is sent out, and the marked copy that comes back.

They are the same workbook, so that a marked copy can be corrected and sent in. Text is written as
text: nothing that begins with `=`, `+`, `-` or `@` becomes a formula, and nothing becomes a link.
"""

from __future__ import annotations

import os
import secrets
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from tasks import jsonlines
from tasks.forms import look
from tasks.forms.definition import FormField
from tasks.forms.filled import Cell, Context, Filled, FilledRow

ROWS = 80
SPARE = 20
NUMBER, ANSWER = "Nr.", "Svar"
ANSWER_WIDTH = {"empty": 22, "filled": 44}
KEPT_APART = "Lagret for seg. Fyll bare ut på nytt når det er endret."
_A3 = 8
# Points; no row can be higher than the last.
_LINE, _HIGHEST = 13, 400
_SENDER_AT = 3
_SENDER_WIDTH = 36
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write(path: Path, context: Context, filled: Filled | None = None) -> None:
    """Write a form, whole or not at all; one that is filled in for its owner alone.

    Args:
        path: The workbook; one that is there is replaced.
        context: The form with round, region and lists.
        filled: What was told, with the answers to it; None for an empty form.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.tmp")
    try:
        with xlsxwriter.Workbook(str(temporary), _OPTIONS) as book:
            book.set_properties({"title": context.form.title, "subject": look.headed(context)})
            looks = look.formats(book)
            look.guide(book, looks, context)
            sheet = book.add_worksheet(look.SHEET)
            ranges = look.codes(book, context)
            _Page(sheet, looks, context, ranges, filled).write()
            if filled:
                sheet.activate()
        if filled:
            temporary.chmod(0o600)
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    jsonlines.sync_folder(path.parent)


class _Page:
    """The sheet «Skjema»: title, the sender's block, the table."""

    def __init__(
        self,
        sheet: Worksheet,
        looks: look.Formats,
        context: Context,
        ranges: dict[str, str],
        filled: Filled | None,
    ) -> None:
        self.sheet = sheet
        self.looks = looks
        self.context = context
        self.ranges = ranges
        self.filled = filled
        self.fields = context.form.row
        self.top = _SENDER_AT + len(context.form.sender) + len(self._notes()) + 1
        told = [row.place + 1 + SPARE for row in filled.rows] if filled else []
        self.count = max([ROWS, *told])

    def write(self) -> None:
        """Write everything."""
        self.sheet.hide_gridlines(2)
        self.sheet.write_string(0, 0, self.context.form.title, self.looks["title"])
        self.sheet.set_row(0, 24)
        self.sheet.write_string(1, 0, look.headed(self.context), self.looks["subtitle"])
        self._columns()
        self._sender()
        for number, note in enumerate(self._notes()):
            self.sheet.write_string(
                self.top - 1 - len(self._notes()) + number, 1, note, self.looks["note"]
            )
        self._head()
        self._table()
        self._set_up()

    def _notes(self) -> list[str]:
        return self.filled.notes if self.filled else []

    def _columns(self) -> None:
        self.sheet.set_column(0, 0, 6)
        for place, one in enumerate(self.fields, start=1):
            self.sheet.set_column(place, place, one.width)
        width = ANSWER_WIDTH["filled" if self.filled else "empty"]
        self.sheet.set_column(len(self.fields) + 1, len(self.fields) + 1, width)

    def _sender(self) -> None:
        first, last, width = 2, 2, self.fields[1].width
        while width < _SENDER_WIDTH and last < len(self.fields):
            last += 1
            width += self.fields[last - 1].width
        for row, one in enumerate(self.context.form.sender, start=_SENDER_AT):
            cell = self.filled.sender.get(one.name, Cell()) if self.filled else Cell()
            style = self.looks["sender_wrong" if cell.reason else "sender"]
            self.sheet.set_row(row, 18)
            self.sheet.write_string(row, 1, _marked(one), self.looks["label"])
            for column in range(first, last + 1):
                self.sheet.write_blank(row, column, None, style)
            if last > first:
                self.sheet.merge_range(row, first, row, last, "", style)
            self._value(row, first, cell.told, style)
            hint = KEPT_APART if one.contact and self.filled and not cell.reason else one.help
            self.sheet.write_string(row, last + 1, hint, self.looks["hint"])
            self._guard(row, first, row, one)
            self._comment(row, first, cell.reason)

    def _head(self) -> None:
        self.sheet.set_row(self.top, 32)
        self.sheet.write_string(self.top, 0, NUMBER, self.looks["head"])
        for place, one in enumerate(self.fields, start=1):
            self.sheet.write_string(self.top, place, _marked(one), self.looks["head"])
        self.sheet.write_string(self.top, len(self.fields) + 1, ANSWER, self.looks["answer_head"])

    def _table(self) -> None:
        told = {row.place: row for row in self.filled.rows} if self.filled else {}
        for place in range(self.count):
            row = self.top + 1 + place
            self.sheet.write_number(row, 0, place + 1, self.looks["number"])
            one = told.get(place)
            for column, field in enumerate(self.fields, start=1):
                cell = one.cells.get(field.name, Cell()) if one else Cell()
                kind = look.input_kind(self.context, field)
                style = self.looks[f"{'wrong' if cell.reason else 'input'}_{kind}"]
                self._value(row, column, cell.told, style)
                self._comment(row, column, cell.reason)
            self._answer(row, one)
            if one:
                self._height(row, one)
        for column, field in enumerate(self.fields, start=1):
            self._guard(self.top + 1, column, self.top + self.count, field)

    def _answer(self, row: int, one: FilledRow | None) -> None:
        column = len(self.fields) + 1
        if one is None:
            self.sheet.write_blank(row, column, None, self.looks["answer"])
            return
        style = "answer_taken" if one.good and one.need_id else "answer_refused"
        self.sheet.write_string(row, column, answer(one, self.fields), self.looks[style])

    def _height(self, row: int, one: FilledRow) -> None:
        """Make a row as high as its texts: not every program does so when a file is opened."""
        widths = {field.name: field.width for field in self.fields}
        lines = [
            _lines(str(cell.told), widths[name])
            for name, cell in one.cells.items()
            if cell.told is not None
        ]
        lines.append(_lines(answer(one, self.fields), ANSWER_WIDTH["filled"]))
        self.sheet.set_row(row, min(_LINE * max(lines) + 3, _HIGHEST))

    def _value(self, row: int, column: int, told: Any, style: Any) -> None:
        if told is None:
            self.sheet.write_blank(row, column, None, style)
        elif isinstance(told, date):
            self.sheet.write_datetime(row, column, told, style)
        elif isinstance(told, int):
            self.sheet.write_number(row, column, told, style)
        else:
            self.sheet.write_string(row, column, told, style)

    def _comment(self, row: int, column: int, reason: str | None) -> None:
        if reason:
            shape = {"author": self.context.county, "x_scale": 2.2, "y_scale": 0.9, "font_size": 9}
            self.sheet.write_comment(row, column, reason, shape)

    def _guard(self, first: int, column: int, last: int, one: FormField) -> None:
        """Hold cells to what the field allows, with its help as the message of the cell."""
        low, high = one.limits(self.context.round.year)
        rule: dict[str, Any] = {
            "input_title": one.label[:32],
            "input_message": one.help,
            "error_title": one.label[:32],
        }
        if one.name in self.ranges:
            rule |= {"validate": "list", "source": self.ranges[one.name]}
            rule["error_message"] = "Velg en av linjene i listen."
        elif one.type == "whole_number":
            rule |= {"validate": "integer", "criteria": "between", "minimum": low, "maximum": high}
            rule["error_message"] = f"Skriv et helt tall fra {low} til {high}."
        elif one.type == "date":
            rule |= {"validate": "date", "criteria": ">", "value": date(2000, 1, 1)}
            rule["error_message"] = "Skriv en dato, for eksempel 1.8.2027."
        else:
            rule |= {"validate": "length", "criteria": "<=", "value": one.max_length}
            rule["error_message"] = f"Skriv høyst {one.max_length} tegn."
        self.sheet.data_validation(first, column, last, column, rule)

    def _set_up(self) -> None:
        sheet, last = self.sheet, len(self.fields) + 1
        sheet.freeze_panes(self.top + 1, 2)
        sheet.set_selection(xl_rowcol_to_cell(_SENDER_AT, 2))
        sheet.protect("", {"format_columns": True, "format_rows": True})
        sheet.set_landscape()
        sheet.set_paper(_A3)
        look.printed(sheet)
        sheet.repeat_rows(self.top)
        sheet.print_area(0, 0, self.top + self.count, last)


def answer(row: FilledRow, fields: tuple[FormField, ...]) -> str:
    """What a row is answered: taken under which number, or why not."""
    reasons = [
        f"{one.label}: {reason}"
        for one in fields
        if (reason := row.cells.get(one.name, Cell()).reason)
    ] + row.reasons
    if reasons:
        said = ". ".join(reasons).replace("?. ", "? ")
        return f"ikke tatt imot: {said}"
    return f"tatt imot, nr. {row.need_id}" if row.need_id else "ikke tatt imot ennå"


def _lines(text: str, width: int) -> int:
    return sum(1 + len(line) // width for line in text.split("\n"))


def _marked(one: FormField) -> str:
    return f"{one.label} *" if one.required else one.label
