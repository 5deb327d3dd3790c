"""The workbook of a plan, out and back: as it is, edited, mended, and saved by other programs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small import AREAS
from stored import NOW, RUN, free_plan

from tasks import plan_amendments, plan_returned, plans
from tasks.errors import WrongUse
from tasks.forms.cells import plain
from tasks.plan_returned import Refused
from tasks.publish import classes_sheet, classes_workbook
from tasks.publish.classes_sheet import CODE, FIRST, HEAD, NEW, ORGANISATION, PLANNED, REASON

BUILDING, LAST = ("1", AREAS[0]), ("4", AREAS[4])
BY_HAND = {BUILDING: (1.5, "rommet er lovet bort")}


@pytest.fixture
def home(tmp_path, monkeypatch):
    return free_plan(tmp_path / "home", monkeypatch)


@pytest.fixture
def free(home):
    return plans.read_plan(home[0].rooms, home[1])


class Sheet:
    """«Klasser» of a workbook, edited as a person or another program would."""

    def __init__(self, stored, path: Path) -> None:
        self.path = path
        classes_workbook.write(stored, RUN, path)
        self.book = openpyxl.load_workbook(path)
        self.sheet = self.book[classes_sheet.SHEET]

    def cell(self, pair, title):
        columns = {c.value: c.column for c in self.sheet[HEAD + 1]}
        for row in range(FIRST + 1, self.sheet.max_row + 1):
            told = [self.sheet.cell(row, columns[t]).value for t in (ORGANISATION, CODE)]
            if tuple(told) == pair:
                return self.sheet.cell(row, columns[title])
        raise AssertionError(pair)

    def set(self, pair, new, reason="fordi"):
        self.cell(pair, NEW).value = new
        self.cell(pair, REASON).value = reason
        return self

    def save(self) -> Path:
        self.book.save(self.path)
        return self.path


@pytest.fixture
def sheet(free, tmp_path):
    return Sheet(free, tmp_path / "klasser.xlsx")


def read(path, stored):
    return plan_returned.read(plan_returned.open_file(path), stored)


def amended(home, fixed=BY_HAND, rest="hold"):
    made = plan_amendments.amend(home[0], home[1], fixed, rest, now=NOW)
    return plans.read_plan(home[0].rooms, made)


def test_an_untouched_workbook_sets_what_is_set_already(home, free, tmp_path):
    path = tmp_path / "klasser.xlsx"
    for stored in (free, amended(home)):
        classes_workbook.write(stored, RUN, path)
        found = read(path, stored)
        assert found == plan_amendments.standing(stored)
        assert plan_amendments.amend(home[0], stored.id, found, "search", now=NOW) == stored.id


# As `amend` writes them.
reasons = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=60
).map(plain).filter(bool)  # fmt: skip


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    fixed=st.dictionaries(
        st.sampled_from(range(8)),
        st.tuples(st.integers(0, 12).map(lambda n: n / 2), reasons),
        max_size=8,
    )
)
def test_without_edits_what_is_set_comes_back_as_it_was(free, tmp_path, fixed):
    """Whatever it is, also where reasons look like formulas, numbers or addresses."""
    pairs = free.tables["classes"].select(plan_amendments.COLUMNS[:2])
    rows = [(*pairs.row(at), classes, reason) for at, (classes, reason) in sorted(fixed.items())]
    table = pl.DataFrame(rows, schema=free.tables["fixed"].schema, orient="row")
    stored = plans.Stored(free.id, free.manifest, {**free.tables, "fixed": table})
    path = tmp_path / "klasser.xlsx"
    classes_workbook.write(stored, RUN, path)
    assert read(path, stored) == plan_amendments.standing(stored)


def test_what_is_filled_in_is_read_with_what_was_set_before(home, tmp_path):
    stored = amended(home)
    edited = Sheet(stored, tmp_path / "k.xlsx").set(LAST, "1,5", "  vedtatt \n i møtet ")
    found = read(edited.save(), stored)
    assert found == {**BY_HAND, LAST: (1.5, "vedtatt\ni møtet")}


def test_what_is_emptied_is_no_longer_set(home, tmp_path):
    stored = amended(home)
    edited = Sheet(stored, tmp_path / "k.xlsx").set(BUILDING, None, None)
    assert read(edited.save(), stored) == {}


def test_rows_may_be_sorted_columns_moved_and_the_sheet_renamed(free, sheet):
    sheet.set(LAST, 0)
    rows = [[c.value for c in row] for row in sheet.sheet.iter_rows(min_row=HEAD + 1)]
    other = sheet.book.create_sheet("Fra møtet")
    other.append(["Møtet 3. desember"])
    for row in (rows[0], *reversed(rows[1:])):
        other.append(row[::-1])
    del sheet.book[classes_sheet.SHEET]
    assert read(sheet.save(), free) == {LAST: (0.0, "fordi")}


@pytest.mark.parametrize(
    ("new", "reason", "said"),
    [
        ("to", "fordi", "«Nye klasser» er «to»; skriv hele eller halve klasser"),
        (1.25, "fordi", "«1.25»"),
        ("1,25", "fordi", "«1,25»"),
        (-1, "fordi", "«-1»"),
        (True, "fordi", "«SANN»"),
        (2, None, "«Begrunnelse» mangler"),
        (2, "   ", "«Begrunnelse» mangler"),
        (None, "bare tekst", "ikke noe tall"),
        ("=1+1", "fordi", "formel uten utregnet verdi"),
        ("#REF!", "fordi", "«#REF!»"),
        (2, "x" * 1001, "1001 tegn"),
    ],
)
def test_a_cell_that_is_wrong_is_told_by_row(free, sheet, new, reason, said):
    with pytest.raises(Refused) as refused:
        read(sheet.set(LAST, new, reason).save(), free)
    (mistake,) = refused.value.mistakes
    assert said in mistake
    row = sheet.cell(LAST, NEW).row
    assert mistake.startswith(f"Klasser, rad {row} (Skole 4, BBBBB2----): ")


def test_a_county_without_half_classes_is_told_so(free, sheet):
    whole = {**free.manifest, "classes": {**free.manifest["classes"], "step": 1.0}}
    with pytest.raises(Refused, match="skriv hele klasser, ikke under 0"):
        read(sheet.set(LAST, 1.5).save(), plans.Stored(free.id, whole, free.tables))


def test_all_mistakes_are_told_at_once_and_nothing_is_set(free, sheet):
    sheet.set(LAST, "mange").set(("3", AREAS[0]), 1.0, None)
    sheet.cell(("3", AREAS[1]), PLANNED).value = 7
    twice = sheet.cell(("1", AREAS[1]), NEW).row
    sheet.sheet.append([c.value for c in sheet.sheet[twice]])
    # Another school's number: a row that is not in the plan, and one that is gone.
    sheet.cell(("2", AREAS[2]), ORGANISATION).value = "99"
    sheet.sheet.delete_rows(sheet.cell(BUILDING, NEW).row)
    with pytest.raises(Refused) as refused:
        read(sheet.save(), free)
    told = str(refused.value)
    assert len(refused.value.mistakes) == 7
    for said in (
        "«mange»",
        "«Begrunnelse» mangler",
        "raden for Skole 1, AAAAA1---- (1 AAAAA1----) mangler",
        "raden for Skole 2, AAAXX2---- (2 AAAXX2----) mangler",
        "tilbudet er ikke i planen; fjern raden",
        "tilbudet står også i rad",
        "men er 7; sett tallet tilbake",
    ):
        assert said in told, said
    assert "7 feil" in told
    assert "Ingenting er lagret" in told


def test_a_workbook_of_another_plan_is_refused(home, free, sheet):
    path = sheet.set(LAST, 0).save()
    assert plan_returned.open_file(path).plan == free.id
    outputs = {**free.manifest["outputs"], "classes": "0" * 64}
    other = plans.Stored(free.id, {**free.manifest, "outputs": outputs}, free.tables)
    with pytest.raises(WrongUse, match="av en annen plan"):
        read(path, other)


def test_the_properties_say_whose_it_is_where_the_hidden_sheet_is_gone(free, sheet):
    del sheet.book["Kjennetegn"]
    assert read(sheet.set(LAST, 0).save(), free) == {LAST: (0.0, "fordi")}


def test_a_file_that_is_none_of_ours_is_refused(tmp_path, sheet, free):
    with pytest.raises(WrongUse, match="ingen fil"):
        plan_returned.open_file(tmp_path / "ingen.xlsx")
    (tmp_path / "b.xlsx").write_bytes(b"klasser")
    with pytest.raises(WrongUse, match="ikke en Excel-arbeidsbok"):
        plan_returned.open_file(tmp_path / "b.xlsx")
    book = openpyxl.Workbook()
    book.save(tmp_path / "c.xlsx")
    with pytest.raises(WrongUse, match="ikke er av en plan"):
        plan_returned.open_file(tmp_path / "c.xlsx")
    sheet.cell(LAST, NEW)
    sheet.sheet.cell(HEAD + 1, 6).value = "Klasser"
    with pytest.raises(WrongUse, match="«Nye klasser»"):
        read(sheet.save(), free)


def test_only_two_columns_are_open_and_halves_are_asked_for(sheet, free):
    opened = {
        c.column_letter for row in sheet.sheet.iter_rows() for c in row if not c.protection.locked
    }
    assert opened == {"F", "G"}
    for page in sheet.book.worksheets:
        assert page.protection.sheet, page.title
        assert not page.protection.password
    rule = next(v for v in sheet.sheet.data_validations.dataValidation if v.type == "custom")
    assert "MOD($F6/0.5,1)=0" in rule.formula1
    assert "1,5" in rule.error
    assert sheet.sheet.freeze_panes == "D6"
    assert sheet.sheet.auto_filter.ref == f"A5:R{5 + free.tables['classes'].height}"


def test_the_first_sheet_says_what_plan_it_is_and_how_far_from_the_unforced(home, tmp_path):
    stored = amended(home)
    edited = Sheet(stored, tmp_path / "k.xlsx")
    told = {c.value for row in edited.book["Les meg"].iter_rows() for c in row if c.value}
    assert stored.id in told
    assert "1 tilbud" in told
    assert "Avstand til planen uten noe satt for hånd" in told
    assert "0,5 klasser" in told
    assert f"Ikke bekreftet: {stored.tables['unconfirmed'].height} regler og prinsipper" in told
    assert edited.book.sheetnames[:2] == ["Les meg", "Klasser"]
    assert edited.book["Kjennetegn"].sheet_state == "hidden"


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.04, "0"), (-0.04, "0"), (13.94, "+13,9"), (-2.0, "−2"), (-12345.6, "−12\u202f346")],
)
def test_a_difference_has_its_sign_and_no_more_digits_than_matter(value, told):
    assert classes_workbook.signed(value) == told


OFFICE = shutil.which("soffice")


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
def test_saved_by_another_office_program_it_is_read_the_same_and_its_sums_are_right(
    free, sheet, tmp_path
):
    path = sheet.set(LAST, 0, "ingen lærer").set(BUILDING, 3.5, "flere søkere").save()
    out = tmp_path / "libre"
    command = [OFFICE, f"-env:UserInstallation=file://{tmp_path}/office", "--headless"]
    command += ["--convert-to", "xlsx", "--outdir", str(out), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    again = out / path.name
    assert read(again, free) == {LAST: (0.0, "ingen lærer"), BUILDING: (3.5, "flere søkere")}
    shown = openpyxl.load_workbook(again, data_only=True)[classes_sheet.SHEET]
    sums = {shown.cell(5, c).value: shown.cell(4, c).value for c in range(4, 11)}
    planned = dict(zip(range(8), free.tables["classes"]["classes"], strict=True))
    assert sums["Endring"] == pytest.approx(3.5 - planned[0] - planned[7])
    # Three classes of 15 and a half one of 8; classes of 30 are gone.
    whole, half = divmod(planned[0], 1)
    places = 3 * 15 + 8 - (whole * 15 + (8 if half else 0)) - planned[7] * 30
    assert sums["Plasser endret"] == pytest.approx(places)
    assert sums["Kroner endret"] == pytest.approx(100 * places)
    assert "Endret fra planen: 2 rader. Uten begrunnelse: 0" in shown["F3"].value
