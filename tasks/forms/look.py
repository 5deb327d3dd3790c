"""How a form looks: formats, the guidance and the hidden sheet of codes."""

from __future__ import annotations

from datetime import date
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from tasks.forms import stamp
from tasks.forms.definition import FormField
from tasks.forms.filled import Context

# The first cell of the hidden sheet says that the file is one of ours.
MAGIC = "tilbudsplan-skjema"
PROPERTIES = ("form", "version", "round", "region")
GUIDE, SHEET, CODES = "Veiledning", "Skjema", "Koder"
FIRST_CODE_ROW = 3
_A4 = 9

_NAVY = "#0b4f8a"
_BASE = {"font_name": "Arial", "font_size": 10, "valign": "top"}
_EDGE = {"border": 1, "border_color": "#c3ccd6"}
_INPUT = {**_BASE, **_EDGE, "locked": False, "text_wrap": True}
_HEAD = {**_BASE, "bold": True, "font_color": "#ffffff", "bg_color": _NAVY, "text_wrap": True}
_LOOKS: dict[str, dict[str, Any]] = {
    "title": {**_BASE, "bold": True, "font_size": 16, "font_color": _NAVY},
    "subtitle": {**_BASE, "font_color": "#3d4a57"},
    "heading": {**_BASE, "bold": True, "font_size": 12, "font_color": _NAVY},
    "text": {**_BASE, "text_wrap": True},
    "strong": {**_BASE, "bold": True, "text_wrap": True},
    "label": {**_BASE, "bold": True, "valign": "vcenter"},
    "hint": {**_BASE, "italic": True, "font_color": "#55616d", "valign": "vcenter", "indent": 1},
    "head": {**_HEAD, "border": 1, "border_color": "#ffffff", "valign": "vcenter"},
    "answer_head": {
        **_HEAD,
        "bg_color": "#55616d",
        "border": 1,
        "border_color": "#ffffff",
        "valign": "vcenter",
    },
    "sender": {**_INPUT, "bg_color": "#fff9e0", "valign": "vcenter", "num_format": "@"},
    "sender_wrong": {**_INPUT, "bg_color": "#f8c9c4", "valign": "vcenter", "num_format": "@"},
    "number": {**_BASE, **_EDGE, "font_color": "#55616d", "align": "center", "bg_color": "#eef2f6"},
    "input_text": {**_INPUT, "num_format": "@"},
    "wrong_text": {**_INPUT, "bg_color": "#f8c9c4", "num_format": "@"},
    "input_whole_number": {**_INPUT, "num_format": "0", "align": "center"},
    "wrong_whole_number": {**_INPUT, "bg_color": "#f8c9c4", "align": "center"},
    "input_date": {**_INPUT, "num_format": "dd.mm.yyyy", "align": "right"},
    "wrong_date": {**_INPUT, "bg_color": "#f8c9c4", "num_format": "dd.mm.yyyy"},
    "answer": {**_BASE, **_EDGE, "text_wrap": True, "bg_color": "#eef2f6"},
    "answer_taken": {**_BASE, **_EDGE, "text_wrap": True, "bg_color": "#dcf1ea"},
    "answer_refused": {**_BASE, **_EDGE, "text_wrap": True, "bg_color": "#f8c9c4"},
    "note": {**_BASE, "bold": True, "bg_color": "#fff3c4"},
}

_MONTHS = [
    *("januar", "februar", "mars", "april", "mai", "juni"),
    *("juli", "august", "september", "oktober", "november", "desember"),
]

Formats = dict[str, Any]


def formats(book: xlsxwriter.Workbook) -> Formats:
    """Every format of a form, by name."""
    return {name: book.add_format(look) for name, look in _LOOKS.items()}


def input_kind(context: Context, one: FormField) -> str:
    """Which of the input formats a column has."""
    chosen = context.options(one) is not None
    return "text" if chosen or one.type not in {"whole_number", "date"} else one.type


def dated(day: date) -> str:
    """A date as it is read: 1. oktober 2026."""
    return f"{day.day}. {_MONTHS[day.month - 1]} {day.year}"


def headed(context: Context) -> str:
    """What stands under the title: round, region and deadline."""
    region = f"{context.region.name}  ·  " if context.region else ""
    return (
        f"{context.county} fylkeskommune  ·  {region}Runde {context.round.name}  ·  "
        f"Frist {dated(context.round.deadline)}"
    )


def guide(book: xlsxwriter.Workbook, looks: Formats, context: Context) -> None:
    """The sheet that is read first: who, how, when, what happens, and what must not be told."""
    form = context.form
    sheet = book.add_worksheet(GUIDE)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 14)
    sheet.set_column(2, 2, 78)
    sheet.write_string(0, 0, form.title, looks["title"])
    sheet.set_row(0, 24)
    sheet.write_string(1, 0, headed(context), looks["subtitle"])
    row = 3
    for heading, lines in _sections(context):
        sheet.write_string(row, 0, heading, looks["heading"])
        row += 1
        for line in lines:
            sheet.merge_range(row, 0, row, 2, line, looks["text"])
            # Merged cells do not grow by themselves: about 140 characters fit on a line.
            sheet.set_row(row, 14 * (1 + len(line) // 140) + 2)
            row += 1
        row += 1
    _fields(sheet, looks, context, row)
    sheet.protect("", {"format_columns": True, "format_rows": True})
    sheet.set_portrait()
    sheet.set_paper(_A4)
    printed(sheet)


def codes(book: xlsxwriter.Workbook, context: Context) -> dict[str, str]:
    """The hidden sheet: what the file is, and a column per list.

    Returns:
        The range of each list, by name of the field that is chosen from it.
    """
    sheet = book.add_worksheet(CODES)
    told = (
        context.form.name,
        str(context.form.version),
        context.round.name,
        context.region.code if context.region else "",
    )
    stamp.put(book, sheet, MAGIC, dict(zip(PROPERTIES, told, strict=True)))
    ranges: dict[str, str] = {}
    columns: dict[str, str] = {}
    for one in (*context.form.sender, *context.form.row):
        options = context.options(one)
        if options is None:
            continue
        # A list that several fields share stands once.
        name = one.code_list or f"{one.name}"
        if name not in columns:
            column = len(columns)
            sheet.write_string(FIRST_CODE_ROW - 1, column, name)
            sheet.write_column(FIRST_CODE_ROW, column, list(options.values()))
            letter = xlsxwriter.utility.xl_col_to_name(column)
            last = FIRST_CODE_ROW + len(options)
            columns[name] = f"={CODES}!${letter}${FIRST_CODE_ROW + 1}:${letter}${last}"
        ranges[one.name] = columns[name]
    return ranges


def _sections(context: Context) -> list[tuple[str, list[str]]]:
    form, deadline = context.form, dated(context.round.deadline)
    return [
        ("Hva skjemaet er til", [form.intro]),
        ("Hvem som fyller ut", [form.for_whom]),
        (
            "Slik fyller dere ut",
            [
                "1.  Gå til arket «Skjema». Fyll ut de gule feltene øverst, og så én rad per linje "
                "i tabellen. Felt merket med * må fylles ut.",
                "2.  Velg fra listene der det er en pil i cellen. I Excel kan du skrive en del av "
                "navnet og velge blant treffene. Hjelp til feltet vises når cellen er valgt.",
                "3.  Rader som ikke brukes, står tomme. Ikke slå sammen celler, og ikke flytt "
                "eller slett kolonner.",
                "4.  Lagre som Excel-arbeidsbok (.xlsx) og send filen tilbake slik dere fikk den.",
            ],
        ),
        (
            "Frist",
            [
                f"{deadline}. Innspill som kommer senere, blir tatt imot og merket som for sent "
                "innkommet.",
                "Vil dere rette noe, fyller dere ut skjemaet på nytt eller retter i kopien dere "
                "fikk tilbake, og sender det. Det nye erstatter det gamle; rader som er tatt bort, "
                "regnes som trukket.",
            ],
        ),
        (
            "Hva som skjer med svaret",
            [
                "Hver rad blir kontrollert. Dere får en kopi tilbake med svar for hver rad; celler "
                "som må rettes, er røde og har en merknad med grunnen.",
                *form.after,
            ],
        ),
        (
            "Personvern",
            [
                "Skriv ikke navn, fødselsnummer, telefonnummer, e-post eller annet om "
                "enkeltpersoner i tabellen. Rader med slikt blir ikke tatt imot.",
                "Kontaktpersonen lagres for seg, brukes bare til spørsmål og svar om dette "
                "skjemaet, og slettes når dere ber om det.",
            ],
        ),
    ]


def _fields(sheet: Worksheet, looks: Formats, context: Context, row: int) -> None:
    sheet.write_string(row, 0, "Feltene", looks["heading"])
    for place, text in enumerate(("Felt", "Må fylles ut", "Hjelp")):
        sheet.write_string(row + 1, place, text, looks["head"])
    row += 2
    for one in (*context.form.sender, *context.form.row):
        sheet.write_string(row, 0, one.label, looks["strong"])
        sheet.write_string(row, 1, "ja" if one.required else "", looks["text"])
        sheet.write_string(row, 2, one.help, looks["text"])
        sheet.set_row(row, 14 * (1 + len(one.help) // 96) + 2)
        row += 1


def printed(sheet: Worksheet) -> None:
    """Margins and footer."""
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    sheet.set_footer("&L&8&A&R&8Side &P av &N")
