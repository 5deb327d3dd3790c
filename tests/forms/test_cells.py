"""What one cell means, whatever stands in it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from form_tools import FORUM, HEALTH, ORGNR, Desk, published
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from tasks.forms import look, personal
from tasks.forms.cells import is_orgnr, judge, plain
from tasks.forms.definition import FormField
from tasks.forms.filled import Context
from tasks.settings import Settings

# A cell with a date comes without a time zone.
NOON = datetime(2027, 8, 1)  # noqa: DTZ001
LISTED = {
    "occupation": FormField(name="a", label="A", help="H", type="code", list="occupation"),
    "municipality": FormField(name="a", label="A", help="H", type="code", list="municipality"),
}


@pytest.fixture
def whole(desk: Desk) -> Context:
    return desk.context("laereplass", region=None)


@pytest.fixture
def fosen(desk: Desk) -> Context:
    return desk.context("forum")


@pytest.mark.parametrize("told", ["5007 Namsos - Nåavmesjenjaelmie", "5007", 5007, " 5007  namsos"])
def test_a_code_is_the_first_word(told: Any, whole: Context) -> None:
    cell = judge(LISTED["municipality"], told, whole)
    assert (cell.value, cell.told) == ("5007", "5007 Namsos - Nåavmesjenjaelmie")


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("Namsos", "5007 Namsos - Nåavmesjenjaelmie"),
        ("namsoss", "5007 Namsos - Nåavmesjenjaelmie"),
        ("TRONDHEIM", "5001 Trondheim - Tråante"),
        ("5008 Namsos", "5007 Namsos - Nåavmesjenjaelmie"),
    ],
)
def test_a_name_without_its_code_gives_a_suggestion(told: str, meant: str, whole: Context) -> None:
    cell = judge(LISTED["municipality"], told, whole)
    assert cell.value is None
    assert f"mente du «{meant}»?" in str(cell.reason)


def test_a_code_with_another_s_name_is_neither(whole: Context) -> None:
    cell = judge(LISTED["municipality"], "5007 Ørland", whole)
    assert "koden 5007 er «5007 Namsos" in str(cell.reason)


def test_a_place_outside_the_region_and_a_code_that_has_ended_are_refused(fosen: Context) -> None:
    for told in ("5007 Namsos", "5015 Gamle Ørland"):
        assert "ikke i listen for Fosen" in str(judge(LISTED["municipality"], told, fosen).reason)
    lost_zero = judge(LISTED["occupation"], 110, fosen)
    assert "mente du «0110 Offiserer»?" in str(lost_zero.reason)


NUMBER = FormField(name="a", label="A", help="H", type="whole_number", min=0, max=5000)
YEAR = FormField(name="a", label="A", help="H", type="whole_number", from_round=[-1, 15])


@pytest.mark.parametrize(
    ("told", "value"),
    [
        (12, 12),
        (12.0, 12),
        ("12", 12),
        (" 1 200 ", 1200),
        ("1.200", 1200),
        ("1\u00a0200", 1200),
        ("12,0", 12),
        (0, 0),
        (None, None),
        ("  ", None),
    ],
)
def test_whole_numbers_are_read_however_they_are_written(
    told: Any, value: int | None, fosen: Context
) -> None:
    cell = judge(NUMBER, told, fosen)
    assert (cell.value, cell.reason) == (value, None)


@pytest.mark.parametrize("told", [12.5, "ca. 10", "10-12", True, "tolv", "1e3", "١٢"])
def test_what_is_no_whole_number_is_refused(told: Any, fosen: Context) -> None:
    assert "ikke et helt tall" in str(judge(NUMBER, told, fosen).reason)


def test_numbers_are_held_to_their_limits(fosen: Context) -> None:
    assert "fra 0 til 5000" in str(judge(NUMBER, 5001, fosen).reason)
    assert "fra 0 til 5000" in str(judge(NUMBER, -1, fosen).reason)
    assert "fra 2026 til 2042" in str(judge(YEAR, 28, fosen).reason)
    assert judge(YEAR, NOON.replace(year=2028), fosen).value == 2028


DAY = FormField(name="a", label="A", help="H", type="date")


@pytest.mark.parametrize("told", [NOON, date(2027, 8, 1), "1.8.2027", "01.08.27", "2027-08-01"])
def test_dates_are_read_however_they_are_written(told: Any, fosen: Context) -> None:
    cell = judge(DAY, told, fosen)
    assert (cell.told, cell.value) == (date(2027, 8, 1), "2027-08-01")


def test_what_is_no_date_is_refused(fosen: Context) -> None:
    assert "ikke en dato" in str(judge(DAY, "31.2.2027", fosen).reason)


def test_choices_are_taken_by_code_and_by_text(fosen: Context) -> None:
    (level,) = [one for one in fosen.form.row if one.name == "priority"]
    assert [judge(level, told, fosen).value for told in ("1 Viktigst", 2, "3", "2 viktig")] == [
        *(1, 2, 3, 2)
    ]
    assert "velg en av «1 Viktigst»" in str(judge(level, "Høy", fosen).reason)


@pytest.mark.parametrize("told", [ORGNR, int(ORGNR), "974 760 673", "NO974760673MVA"])
def test_organisation_numbers_are_read_however_they_are_written(told: Any, desk: Desk) -> None:
    context = desk.context("bedrift", region=None)
    (field,) = [one for one in context.form.sender if one.name == "orgnr"]
    assert judge(field, told, context).value == ORGNR
    assert judge(field, "974760672", context).reason


@given(st.integers(min_value=0, max_value=99_999_999))
def test_one_wrong_digit_is_no_organisation_number(start: int) -> None:
    for last in range(10):
        number = f"{start:08}{last}"
        if is_orgnr(number):
            for place in range(9):
                digit = str((int(number[place]) + 1) % 10)
                assert not is_orgnr(number[:place] + digit + number[place + 1 :])


@given(st.text(max_size=400), st.text(max_size=40))
def test_what_is_shown_of_a_text_holds_nothing_of_a_person(text: str, contact: str) -> None:
    shown = personal.without(text, contact)
    assert all(not pattern.search(shown) for pattern in personal.PATTERNS.values())


@given(st.text(max_size=300))
def test_a_plain_text_stays_what_it_is(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert "\0" not in once


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(min_value=date(1900, 3, 1), max_value=date(9999, 12, 31)),
    st.text(max_size=60),
    st.sampled_from(["=1+1", "+1", "-1", "@x", "5321 Helsefagarbeidere", "5057 Ørland", "2028"]),
)


@tries(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(st.fixed_dictionaries(dict.fromkeys(HEALTH, SCALARS)), max_size=5))
def test_whatever_stands_in_the_cells_every_row_gets_an_answer(
    rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("any")
    settings = Settings(home=home / "home", profile="demo")
    published(settings.rooms.warehouse)
    desk = Desk(settings, home)
    told = [
        {label: _storable(value) for label, value in row.items() if value is not None}
        for row in rows
    ]
    one = desk.taken(*told, HEALTH, sender=FORUM)
    answer = one.answer
    assert answer.outcome == "taken"
    assert answer.rows_taken + answer.rows_refused <= len(rows) + 1
    assert len(answer.refusals) == answer.rows_refused
    assert answer.copy
    for sheet in openpyxl.load_workbook(answer.copy):
        assert not [c for row in sheet.iter_rows() for c in row if c.data_type == "f"]
    (again,) = desk.take(answer.copy)
    assert again.answer.rows_taken >= answer.rows_taken
    assert look.SHEET in openpyxl.load_workbook(answer.copy).sheetnames


def _storable(value: Any) -> Any:
    """What openpyxl can write: signs that XML cannot hold are left out."""
    if isinstance(value, str):
        return openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", value)
    if isinstance(value, float) and value in {float("inf"), float("-inf")}:
        return None
    return value
