"""Reads a filled form: which form it is, where its cells are, and what each of them says.

Cells are found by the words that stand before or above them, so that a renamed sheet, moved
columns and rows that were put in above the table are read all the same.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.forms import look, template
from tasks.forms import stamp as marks
from tasks.forms.cells import Raw, judge, plain
from tasks.forms.codes import folded
from tasks.forms.definition import Form, FormField
from tasks.forms.filled import Cell, Context, Filled, FilledRow
from tasks.forms.grid import Grid
from tasks.forms.opening import LAST_COLUMN, LAST_ROW, Opened, Unreadable

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

# The table's head stands no further down, even where rows were put in above it.
_HEAD_WITHIN = 60
_MOST_ROWS = LAST_ROW - _HEAD_WITHIN
# So much of the head must be there for a sheet to be the form.
_ENOUGH = 0.5
_NEW = "be om et nytt, tomt skjema, og fyll ut det"


@dataclass(frozen=True)
class Stamp:
    """What a file says it is."""

    form: str
    version: int
    round: str
    region: str | None


@dataclass(frozen=True)
class Found:
    """Where the form is in a workbook: the sheet, the head's row, and the columns by field."""

    sheet: Worksheet
    head: int
    columns: dict[str, int]
    stray: tuple[str, ...]


def stamp(book: Workbook) -> Stamp:
    """What a workbook says it is, by its hidden sheet or else by its properties.

    Raises:
        Unreadable: it is none of our forms.
    """
    for told in marks.read(book, look.MAGIC, look.PROPERTIES):
        if told["form"] and told["version"].isdigit():
            return Stamp(told["form"], int(told["version"]), told["round"], told["region"] or None)
    raise Unreadable("filen er ikke et av skjemaene fra fylkeskommunen", _NEW)


def read(opened: Opened, context: Context, version: int) -> Filled:
    """Read the sender's block and the table.

    Args:
        opened: The workbook.
        context: What it is read against.
        version: The version of the form that the file was written from.

    Raises:
        Unreadable: the table is not there, or columns that must be filled in are gone.
    """
    found = _locate(opened.written, context.form)
    grid = Grid(opened, found.sheet)
    notes = _missing(context.form, found, version)
    if found.stray:
        names = ", ".join(f"«{name}»" for name in found.stray)
        notes.append(f"Ikke lest, fordi det ikke hører til skjemaet: kolonnen {names}.")
    if grid.last_row > found.head + _MOST_ROWS:
        notes.append(f"Ikke lest: det som står etter linje {found.head + _MOST_ROWS}.")
    # The contact's name is looked for in the rows alone: an enterprise may bear its owner's name.
    sender = {
        one.name: judge(one, _beside(grid, found, context.form, one), context)
        for one in context.form.sender
    }
    contact = _contact_name(sender)
    rows = []
    for row in range(found.head + 1, min(grid.last_row, found.head + _MOST_ROWS) + 1):
        raw = {name: grid.at(row, column) for name, column in found.columns.items()}
        if any(plain(value) for value in raw.values()):
            rows.append(_row(row, found, raw, context, contact))
    return Filled(sender, rows, notes)


def _locate(book: Workbook, form: Form) -> Found:
    found = [one for sheet in book.worksheets if (one := _head(sheet, form)) is not None]
    named = [one for one in found if one.sheet.title == look.SHEET]
    if len(found) > 1:
        sheets = ", ".join(f"«{one.sheet.title}»" for one in found)
        raise Unreadable(
            f"flere ark ligner på skjemaet: {sheets}",
            "samle radene på ett ark, slett de andre, og send filen på nytt",
        )
    if not found:
        raise Unreadable("tabellen med overskriftene finnes ikke i filen", _NEW)
    return (named or found)[0]


def _head(sheet: Worksheet, form: Form) -> Found | None:
    """The row of a sheet that is the table's head, if it has one."""
    by_label = {folded(label): one.name for one in form.row for label in _labels(one)}
    ours = {folded(template.NUMBER), folded(template.ANSWER)}
    best: Found | None = None
    for row in range(1, min(sheet.max_row, _HEAD_WITHIN) + 1):
        texts = {
            column: text
            for column in range(1, min(sheet.max_column, LAST_COLUMN) + 1)
            if (text := plain(sheet.cell(row, column).value))
        }
        named = [by_label[folded(text)] for text in texts.values() if folded(text) in by_label]
        if len(set(named)) < max(2, _ENOUGH * len(form.row)) or (
            best and len(named) <= len(best.columns)
        ):
            continue
        if twice := [name for name, times in Counter(named).items() if times > 1]:
            label = next(one.label for one in form.row if one.name == twice[0])
            raise Unreadable(f"kolonnen «{label}» står to ganger", "slett den ene av dem")
        columns = {by_label[folded(t)]: c for c, t in texts.items() if folded(t) in by_label}
        stray = [t for t in texts.values() if folded(t) not in by_label and folded(t) not in ours]
        best = Found(sheet, row, columns, tuple(stray))
    return best


def _missing(form: Form, found: Found, version: int) -> list[str]:
    """Notes on columns that are gone; refused where one of them must be filled in."""
    gone = [one for one in form.row if one.name not in found.columns]
    if needed := [one.label for one in gone if one.required]:
        names = ", ".join(f"«{label}»" for label in needed)
        older = version < form.version
        because = f"; skjemaet er versjon {version}, og nå gjelder {form.version}" if older else ""
        raise Unreadable(f"kolonner som må fylles ut, mangler: {names}{because}", _NEW)
    if not gone:
        return []
    names = ", ".join(f"«{one.label}»" for one in gone)
    return [f"Kolonner som mangler i filen, er lest som tomme: {names}."]


def _contact_name(sender: dict[str, Cell]) -> str | None:
    value = sender.get("contact_name", Cell()).value
    return str(value) if value else None


def _beside(grid: Grid, found: Found, form: Form, wanted: FormField) -> Raw:
    """What stands to the right of a field's label, above the table."""
    labels = {folded(label) for one in form.sender for label in _labels(one)}
    hints = {folded(wanted.help), folded(template.KEPT_APART)}
    own = {folded(label) for label in _labels(wanted)}
    for row in range(1, found.head):
        for column in range(1, grid.last_column + 1):
            if folded(plain(grid.value(row, column))) in own:
                break
        else:
            continue
        for right in range(column + 1, grid.last_column + 1):
            value = grid.value(row, right)
            text = folded(plain(value))
            if text in hints or text in labels:
                break
            if text:
                return value
        return None
    return None


def _row(
    row: int, found: Found, raw: dict[str, Raw], context: Context, contact: str | None
) -> FilledRow:
    form = context.form
    cells = {one.name: judge(one, raw.get(one.name), context, contact) for one in form.row}
    for condition in form.condition:
        if all(_is_empty(cells[name]) for name in condition.at_least_one):
            cells[condition.at_least_one[0]] = Cell(reason=condition.reason)
    return FilledRow(row, row - found.head - 1, cells)


def _is_empty(cell: Cell) -> bool:
    return cell.value is None and cell.reason is None


def _labels(one: FormField) -> tuple[str, ...]:
    return (one.label, *one.former_labels)
