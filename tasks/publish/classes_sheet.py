"""The sheet «Klasser»: a row a school and programme area, two columns open, the rest locked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from tasks.publish import workbook
from tasks.publish.workbook import Formats

SHEET = "Klasser"
SCHOOL, AREA, LEVEL, PLANNED = "Skole", "Programområde", "Trinn", "Planlagt"
NEW, REASON = "Nye klasser", "Begrunnelse"
ORGANISATION, CODE = "Org.nr.", "Kode"
LONGEST_REASON = 1000
# What a reader may do with a locked sheet.
ALLOWED = {"autofilter": True, "format_columns": True, "format_rows": True}
# Rows, from 0: what is set and missing, the sums, the head, the first pair.
_COUNTED, _SUMMED, HEAD, FIRST = 2, 3, 4, 5
_MOST, _FULL, _RATE, _PLACES = (
    "Høyst (lærere)", "Plasser i en klasse", "Kroner per plass", "Plasser endret",
)  # fmt: skip
_OPEN = {"bg_color": "#fff9e0", "border": 1, "border_color": "#c3ccd6", "locked": False}
_CHANGED, _STANDING, _WRONG = "#fbe3d3", "#dcebf8", "#f8c9c4"
_GENERAL, _WHOLE, _SIGNED = "General", "#,##0", "+#,##0;−#,##0;–"
# Places of a number of classes: a half one has half the places, rounded up.
_PLACES_OF = "(INT({0})*[{1}]+IF(MOD({0},1)>0,ROUNDUP([{1}]/2,0),0))"
_FILL_IN = (
    "Fyll ut de gule kolonnene: et tall i «Nye klasser» der klassene skal være andre enn planlagt, "
    "og hvorfor i «Begrunnelse». Resten er låst."
)


@dataclass(frozen=True)
class _Field:
    """A column.

    Attributes:
        title: Its head; it is found by it when the workbook comes back.
        width: In characters.
        column: Of `pairs`; empty where it is reckoned.
        formula: What is reckoned, with other columns of the row by title.
        number: Its format; empty for text.
        summed: Whether it has a sum above it.
        style: What else it looks like.
    """

    title: str
    width: float
    column: str = ""
    formula: str = ""
    number: str = ""
    summed: bool = False
    style: Mapping[str, Any] = field(default_factory=dict)


FIELDS = (
    _Field(SCHOOL, 34, "school"),
    _Field(LEVEL, 8, "level"),
    _Field(AREA, 34, "programme_area"),
    _Field("I år", 8, "classes_now", "", _GENERAL, summed=True),
    _Field(PLANNED, 10, "classes", "", _GENERAL, summed=True),
    _Field(NEW, 10, "new", "", _GENERAL, style={**_OPEN, "align": "center"}),
    _Field(REASON, 50, "reason", "", "@", style={**_OPEN, "text_wrap": True, "align": "left"}),
    _Field("Endring", 10, "", f'=IF([{NEW}]="",0,[{NEW}]-[{PLANNED}])', "+0.0;−0.0;–", summed=True),
    _Field(
        _PLACES, 10, "",
        f'=IF([{NEW}]="",0,{_PLACES_OF.format(f"[{NEW}]", _FULL)}'
        f"-{_PLACES_OF.format(f'[{PLANNED}]', _FULL)})",
        _SIGNED, summed=True,
    ),
    _Field("Kroner endret", 14, "", f"=[{_PLACES}]*[{_RATE}]", _SIGNED, summed=True),
    _Field("Elever i planen", 10, "pupils", "", _WHOLE, summed=True),
    _Field("Plasser i planen", 10, "places", "", _WHOLE, summed=True),
    _Field("Plasser i år", 10, "places_now", "", _WHOLE, summed=True),
    _Field(_MOST, 10, "classes_most", "", _GENERAL),
    _Field(_FULL, 10, "places_a_class", "", _WHOLE),
    _Field(_RATE, 11, "nok_a_place", "", _WHOLE),
    _Field(ORGANISATION, 13, "organisation_number", style={"align": "left", "indent": 1}),
    _Field(CODE, 14, "programme_area_code"),
)  # fmt: skip
_AT = {field.title: place for place, field in enumerate(FIELDS)}


def write(
    book: xlsxwriter.Workbook, looks: Formats, title: str, pairs: pl.DataFrame, step: float
) -> None:
    """Write the sheet.

    Args:
        book: The workbook.
        looks: Its formats.
        title: What stands above.
        pairs: Rows of a plan's `classes`, with `new` and `reason` of those set by hand.
        step: 0.5 where half classes are allowed, otherwise 1.
    """
    sheet = book.add_worksheet(SHEET)
    last = FIRST + pairs.height - 1
    sheet.write_string(0, 0, title, looks["title"])
    sheet.write_string(1, 0, _FILL_IN, looks["note"])
    sheet.write_string(_SUMMED, 0, "Sum av radene som vises", looks["strong"])
    shown = pairs.with_columns(level=pl.format("Vg{}", "level"))
    for place, one in enumerate(FIELDS):
        sheet.set_column(place, place, one.width)
        sheet.write_string(HEAD, place, one.title, looks["head"])
        _column(book, sheet, place, one, shown)
    _counts(sheet, looks, last)
    _guard(sheet, last, step)
    _lights(book, sheet, last)
    _set_up(sheet, last)


def _column(
    book: xlsxwriter.Workbook, sheet: Worksheet, place: int, one: _Field, pairs: pl.DataFrame
) -> None:
    look = {**workbook.BASE, "num_format": one.number} if one.number else workbook.BASE
    style = book.add_format({**look, **one.style})
    if one.formula:
        for row in range(FIRST, FIRST + pairs.height):
            sheet.write_formula(row, place, _in_row(one.formula, row), style, 0)
    else:
        for row, value in enumerate(pairs[one.column], start=FIRST):
            sheet.write(row, place, value, style)
    if one.summed:
        letter, last = xl_col_to_name(place), FIRST + pairs.height
        total = pairs[one.column].sum() if one.column else 0
        # Of the rows that the filter leaves in sight.
        formula = f"=SUBTOTAL(109,{letter}{FIRST + 1}:{letter}{last})"
        strong = book.add_format({**look, "bold": True, "bottom": 1})
        sheet.write_formula(_SUMMED, place, formula, strong, total)


def _in_row(formula: str, row: int) -> str:
    for title, place in _AT.items():
        formula = formula.replace(f"[{title}]", f"${xl_col_to_name(place)}{row + 1}")
    return formula


def _counts(sheet: Worksheet, looks: Formats, last: int) -> None:
    """How many rows are changed, and how many of them lack a reason."""
    new, planned, reason = (
        f"${(c := xl_col_to_name(_AT[title]))}${FIRST + 1}:${c}${last + 1}"
        for title in (NEW, PLANNED, REASON)
    )
    changed = f'SUMPRODUCT(({new}<>"")*({new}<>{planned}))'
    bare = f'SUMPRODUCT(({new}<>"")*({reason}=""))'
    told = f'="Endret fra planen: "&{changed}&" rader. Uten begrunnelse: "&{bare}'
    at_first = "Endret fra planen: 0 rader. Uten begrunnelse: 0"
    sheet.write_formula(_COUNTED, _AT[NEW], told, looks["strong"], at_first)


def _guard(sheet: Worksheet, last: int, step: float) -> None:
    """Hold the two open columns to what can be taken back."""
    which = "hele eller halve klasser, for eksempel 2 eller 1,5" if step < 1 else "hele klasser"
    allowed = _in_row(f"=AND(ISNUMBER([{NEW}]),[{NEW}]>=0,MOD([{NEW}]/{step:g},1)=0)", FIRST)
    for title, rule, message, error in (
        (
            NEW,
            {"validate": "custom", "value": allowed},
            f"Skriv {which}. 0 legger ned tilbudet. Tom celle: som planen sier.",
            f"Skriv {which}, ikke under 0. Tøm cellen for å følge planen.",
        ),
        (
            REASON,
            {"validate": "length", "criteria": "<=", "value": LONGEST_REASON},
            "Hvorfor tallet er satt for hånd. Må fylles ut der det står et tall i «Nye klasser».",
            f"Høyst {LONGEST_REASON} tegn.",
        ),
    ):
        words = {"input_title": title, "input_message": message}
        words |= {"error_title": title, "error_message": error}
        sheet.data_validation(FIRST, _AT[title], last, _AT[title], {**rule, **words})


def _lights(book: xlsxwriter.Workbook, sheet: Worksheet, last: int) -> None:
    """Light up what is missing or too much, what is changed, and what was set before."""
    everything = (0, len(FIELDS) - 1)
    for (first, end), formula, colour in (
        ((_AT[REASON],) * 2, f'=AND([{NEW}]<>"",TRIM([{REASON}])="")', _WRONG),
        ((_AT[NEW],) * 2, f'=AND([{NEW}]="",TRIM([{REASON}])<>"")', _WRONG),
        ((_AT[NEW],) * 2, f"=AND(ISNUMBER([{NEW}]),[{NEW}]>[{_MOST}])", _WRONG),
        (everything, f'=AND([{NEW}]<>"",[{NEW}]<>[{PLANNED}])', _CHANGED),
        (everything, f'=[{NEW}]<>""', _STANDING),
    ):
        rule = {"type": "formula", "criteria": _in_row(formula, FIRST), "stop_if_true": True}
        rule["format"] = book.add_format({"bg_color": colour})
        sheet.conditional_format(FIRST, first, last, end, rule)


def _set_up(sheet: Worksheet, last: int) -> None:
    sheet.set_row(0, 22)
    sheet.set_row(HEAD, 32)
    sheet.autofilter(HEAD, 0, last, len(FIELDS) - 1)
    sheet.freeze_panes(FIRST, _AT[AREA] + 1)
    sheet.protect("", ALLOWED)
    sheet.set_landscape()
    sheet.set_paper(8)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD)
    sheet.set_footer("&R&8Side &P av &N")
