"""Files that are not what was sent out: damaged, dangerous, rearranged, or another version."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from form_tools import CONTACT, FORUM, HEALTH, TIMBER, Desk, answers, cell_of, labelled, marked
from openpyxl.workbook import Workbook

from tasks.forms import definition, look, opening, tables, template
from tasks.forms.opening import Unreadable, open_workbook

SECONDS = 60


def repacked(path: Path, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """The file with parts changed, or left out where `change` gives None."""
    made = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return made.getvalue()


def in_sheets(old: bytes, new: bytes) -> Callable[[str, bytes], bytes]:
    return lambda name, content: (
        content.replace(old, new, 1) if name.startswith("xl/worksheets/sheet") else content
    )


def refused(content: bytes) -> str:
    """Why a file is not opened; that it is refused must not take long."""
    started = time.monotonic()
    with pytest.raises(Unreadable) as told:
        open_workbook(content)
    assert time.monotonic() - started < SECONDS
    return f"{told.value.reason}; {told.value.remedy}"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "ikke en Excel-arbeidsbok"),
        (b"%PDF-1.7 ...", "ikke en Excel-arbeidsbok"),
        (b"navn;antall\r\nA;1\r\n", "ikke en Excel-arbeidsbok"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "passord"),
        (b"PK\x03\x04" + bytes(80), "skadet eller ikke ferdig kopiert"),
        (bytes(opening.MOST_BYTES + 1), "større enn 4 MB"),
    ],
)
def test_what_is_no_workbook_is_refused(content: bytes, reason: str) -> None:
    assert reason in refused(content)


def test_macros_are_refused(desk: Desk) -> None:
    def with_macros(name: str, content: bytes) -> bytes:
        old, new = b"spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main"
        return content.replace(old, new) if name == "[Content_Types].xml" else content

    assert "makroer" in refused(repacked(desk.empty(), with_macros))


def test_other_office_files_and_damaged_parts_are_refused(desk: Desk) -> None:
    path = desk.empty()
    assert "ikke en Excel" in refused(
        repacked(path, lambda name, c: None if name == "[Content_Types].xml" else c)
    )
    assert "skadet" in refused(repacked(path, in_sheets(b"<sheetData>", b"<sheetData")))
    assert "skadet" in refused(
        repacked(path, lambda name, c: None if name.endswith("workbook.xml") else c)
    )
    whole = bytearray(path.read_bytes())
    whole[200:260] = bytes(60)
    assert "skadet" in refused(bytes(whole))


@pytest.mark.parametrize("times", [1, 400])
def test_a_file_that_unpacks_to_very_much_is_refused(desk: Desk, times: int) -> None:
    made = io.BytesIO(desk.empty().read_bytes())
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(times):
            size = opening.MOST_UNPACKED + 1 if times == 1 else 10
            archive.writestr(f"xl/media/{number}.bin", bytes(size))
    assert "uvanlig stor" in refused(made.getvalue())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<sheetData", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><sheetData'),
        (b"<mergeCells", b'<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells><mergeCells'),
        (b"</sheetData>", b'</sheetData><hyperlinks><hyperlink ref="A1:XFD1048576"/></hyperlinks>'),
        (
            b"</sheetData>",
            b'</sheetData><mergeCells><mergeCell ref="A1&#58;XFD99999"/></mergeCells>',
        ),
    ],
)
def test_what_would_fill_the_memory_is_refused(desk: Desk, old: bytes, new: bytes) -> None:
    reason = refused(repacked(desk.empty(), in_sheets(old, new)))
    assert "regnearkprogram" in reason or "sammenslåtte" in reason


def test_xml_in_another_encoding_is_refused(desk: Desk) -> None:
    def in_utf16(name: str, content: bytes) -> bytes:
        if not name.endswith("sheet2.xml"):
            return content
        return content.decode().replace("UTF-8", "UTF-16").encode("utf-16")

    assert "regnearkprogram" in refused(repacked(desk.empty(), in_utf16))


def test_a_cell_in_the_last_corner_costs_nothing(desk: Desk) -> None:
    def far(book: Workbook) -> None:
        book[look.SHEET]["XFD1048576"] = "=1+1"

    started = time.monotonic()
    one = desk.taken(HEALTH, change=far)
    assert time.monotonic() - started < SECONDS
    assert one.answer.outcome == "taken"
    assert "Ikke lest" in one.answer.notes[0]


def test_a_long_text_costs_nothing(desk: Desk) -> None:
    row = HEALTH | {"Begrunnelse": "a" * 32_000, "Yrke": "b" * 32_000}
    started = time.monotonic()
    one = desk.taken(row, TIMBER)
    assert time.monotonic() - started < SECONDS
    assert "høyst 1000" in answers(one)[0]


def test_another_workbook_is_no_form(desk: Desk) -> None:
    path = desk.folder / "regnskap.xlsx"
    path.parent.mkdir()
    book = openpyxl.Workbook()
    book.active["A1"] = "Regnskap"  # type: ignore[index]
    book.save(path)
    (one,) = desk.take(path)
    assert "ikke et av skjemaene" in str(one.answer.reason)


@pytest.mark.parametrize(
    ("place", "told", "reason"),
    [
        (2, "ukjent", "ikke noe skjema «ukjent»"),
        (3, "99", "versjon 99"),
        (4, "1999", "runden «1999» finnes ikke"),
        (5, "forum-atlantis", "regionen «forum-atlantis» finnes ikke"),
    ],
)
def test_a_stamp_that_means_nothing_is_refused(
    desk: Desk, place: int, told: str, reason: str
) -> None:
    def stamped(book: Workbook) -> None:
        book[look.CODES].cell(1, place).value = told

    assert reason in str(desk.taken(HEALTH, change=stamped).answer.reason)


def test_without_the_hidden_sheet_the_properties_tell(desk: Desk) -> None:
    def bare(book: Workbook) -> None:
        del book[look.CODES]

    assert desk.taken(HEALTH, change=bare).answer.outcome == "taken"


def test_an_older_version_is_taken_while_its_columns_hold(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = desk.filled(HEALTH)
    load = definition.load

    def newer(folder: Path) -> dict[str, definition.Form]:
        forms = load(folder)
        form = forms["forum"]
        renamed = [
            one.model_copy(update={"label": "Hvorfor", "former_labels": ("Begrunnelse",)})
            if one.name == "reason"
            else one
            for one in form.row
        ]
        return forms | {"forum": form.model_copy(update={"version": 2, "row": tuple(renamed)})}

    monkeypatch.setattr(definition, "load", newer)
    (one,) = desk.take(path)
    assert one.answer.outcome == "taken"
    assert desk.entries()[0].payload["form_version"] == 1
    assert desk.entries()[0].payload["rows"][0]["reason"] == HEALTH["Begrunnelse"]


def test_moved_columns_a_new_name_and_extra_sheets_are_read(desk: Desk) -> None:
    def rearranged(book: Workbook) -> None:
        sheet = book[look.SHEET]
        sheet.title = "Vårt svar"
        head, _ = labelled(sheet, template.NUMBER)
        for row in range(head, head + 4):
            left, right = sheet.cell(row, 2), sheet.cell(row, 8)
            left.value, right.value = right.value, left.value
        sheet.insert_rows(1, 3)
        book.create_sheet("Notater", 0)["A1"] = "Husk møtet"

    one = desk.taken(HEALTH, TIMBER, change=rearranged)
    assert (one.answer.outcome, one.answer.rows_taken) == ("taken", 2)
    assert desk.entries()[0].payload["rows"][0]["occupation_code"] == "5321"


def test_a_column_that_is_gone_is_noted_or_refused(desk: Desk) -> None:
    def without(label: str) -> Callable[[Workbook], None]:
        return lambda book: book[look.SHEET].delete_cols(labelled(book[look.SHEET], label)[1])

    optional = desk.taken(HEALTH, change=without("Forslag til tiltak"))
    assert optional.answer.outcome == "taken"
    assert "Forslag til tiltak" in optional.answer.notes[0]
    needed = desk.taken(HEALTH, change=without("Prioritet"))
    assert "mangler: «Prioritet»" in str(needed.answer.reason)


def test_a_column_that_was_put_in_is_named_and_not_read(desk: Desk) -> None:
    def added(book: Workbook) -> None:
        cell_of(book[look.SHEET], "Svar", -1).offset(column=1).value = "Merknad"

    one = desk.taken(HEALTH, change=added)
    assert "«Merknad»" in one.answer.notes[0]


def test_a_form_that_stands_twice_is_refused(desk: Desk) -> None:
    def copied(book: Workbook) -> None:
        book.copy_worksheet(book[look.SHEET])

    assert "flere ark" in str(desk.taken(HEALTH, change=copied).answer.reason)

    def doubled(book: Workbook) -> None:
        cell_of(book[look.SHEET], "Svar", -1).value = "Yrke"

    assert "«Yrke» står to ganger" in str(desk.taken(HEALTH, change=doubled).answer.reason)


def test_merged_cells_are_refused_row_by_row(desk: Desk) -> None:
    def merged(book: Workbook) -> None:
        sheet = book[look.SHEET]
        top = cell_of(sheet, "Begrunnelse", 1)
        sheet.merge_cells(
            start_row=top.row, end_row=top.row + 1, start_column=top.column, end_column=top.column
        )
        below = cell_of(sheet, "Forslag til tiltak", 10)
        area = {"start_row": below.row, "end_row": below.row + 1}
        sheet.merge_cells(start_column=below.column, end_column=below.column, **area)

    one = desk.taken(HEALTH, TIMBER, HEALTH, change=merged)
    told = answers(one)
    assert told[0].startswith("tatt imot")
    assert "slått sammen" in told[1]
    assert "slått sammen" in told[2]
    assert len(told) == 3


def test_formulas_are_never_run_and_never_come_back(desk: Desk) -> None:
    evil = '=HYPERLINK("http://example.com","klikk")'
    plain = ["+47 i året", "-3 i fjor", "@alle", "=1+1"]
    rows = [TIMBER | {"Begrunnelse": text, "År": 2027 + n} for n, text in enumerate(plain)]

    def as_text(book: Workbook) -> None:
        for place in range(len(plain)):
            cell_of(book[look.SHEET], "Begrunnelse", place).data_type = "s"

    one = desk.taken(*rows, HEALTH | {"Begrunnelse": evil}, change=as_text)
    assert one.answer.rows_taken == len(plain)
    assert "formel uten utregnet verdi" in answers(one)[-1]
    assert one.answer.copy
    assert b"HYPERLINK" not in one.answer.copy.read_bytes()
    for sheet in openpyxl.load_workbook(one.answer.copy):
        assert not [c for row in sheet.iter_rows() for c in row if c.data_type == "f"]
    assert [cell_of(marked(one), "Begrunnelse", n).value for n in range(4)] == plain


def test_what_a_formula_left_is_taken(desk: Desk) -> None:
    path = desk.filled(HEALTH | {"Hvor mange": "=6+6"}, TIMBER | {"År": "=1/0"})

    def calculated(name: str, content: bytes) -> bytes:
        content = re.sub(rb"(<f>6\+6</f>)<v ?(?:/>|></v>)", rb"\1<v>12</v>", content)
        wrong = rb'\1 t="e">\2<v>#DIV/0!</v>'
        return re.sub(rb"(<c [^>]*)>(<f>1/0</f>)<v ?(?:/>|></v>)", wrong, content)

    sent = desk.folder / "regnet.xlsx"
    sent.write_bytes(repacked(path, calculated))
    (one,) = desk.take(sent)
    assert (one.answer.rows_taken, one.answer.rows_refused) == (1, 1)
    assert desk.entries()[0].payload["rows"][0]["persons"] == 12
    assert "#DIV/0!" in answers(one)[1]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Ring oss på kari@example.no", "en e-postadresse"),
        ("Telefon 73 12 34 56 etter lunsj", "et telefonnummer"),
        ("Telefon 90012345", "et telefonnummer"),
        ("+46 70 123 45 67", "et telefonnummer"),
        ("Født 010190 12345", "et fødselsnummer"),
        ("01019012345", "et fødselsnummer"),
        ("Spør kari  strømsnes", "navnet på kontaktpersonen"),
    ],
)
def test_what_is_about_persons_is_refused_and_not_shown(desk: Desk, text: str, what: str) -> None:
    one = desk.taken(HEALTH | {"Begrunnelse": text}, TIMBER)
    assert what in answers(one)[0]
    shown = cell_of(marked(one), "Begrunnelse", 0).value
    assert "[fjernet]" in shown
    for part in ("kari", "73 12", "90012345", "123 45", "12345"):
        assert part not in shown
    assert tables.frames(desk.entries())["need"].height == 1


@pytest.mark.parametrize("text", ["I 2027 og 2028", "12 500 000 kroner", "974 760 673", "50–60 %"])
def test_ordinary_numbers_are_no_persons(desk: Desk, text: str) -> None:
    assert desk.taken(HEALTH | {"Begrunnelse": text}).answer.rows_taken == 1


def test_persons_in_columns_of_codes_are_not_quoted(desk: Desk) -> None:
    one = desk.taken(HEALTH | {"Yrke": "kari@example.no", "Hvor mange": "90012345"}, TIMBER)
    said = " ".join(answers(one)) + str(one.answer.refusals)
    assert "kari@" not in said
    assert "90012345" not in said


def test_a_wrong_contact_is_told_without_a_word_of_it(desk: Desk) -> None:
    wrong = FORUM | {"E-post": "kari.stromsnes", "Telefon": "ring meg"}
    one = desk.taken(HEALTH, sender=wrong)
    assert one.answer.outcome == "taken"
    said = str([c.comment.text for row in marked(one).iter_rows() for c in row if c.comment])
    assert "ikke en gyldig e-postadresse" in said
    assert "stromsnes" not in said
    assert CONTACT["Kontaktperson"] not in said
