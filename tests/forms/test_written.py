"""The forms as workbooks: what can be filled in, what is locked, what can be chosen."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import polars as pl
import pytest
from form_tools import TODAY, Desk, beside, cell_of, labelled

from flows.cli_forms import FORMS
from tasks.errors import ConfigurationError, NotFound
from tasks.forms import calendar, codes, definition, look, tables, template
from tasks.settings import Project, Settings

REFERENCE = Project().reference
FOLDER = REFERENCE / "forms"


def test_the_commands_are_the_forms() -> None:
    assert set(FORMS) == set(definition.load(FOLDER))


def test_every_field_of_a_row_is_a_column_of_the_tables() -> None:
    for form in definition.load(FOLDER).values():
        columns = tables.INTENTION if form.name == tables.INTENTION_FORM else tables.NEED
        told = {one.name for one in (*form.sender, *form.row) if not one.contact}
        assert told - {"sender_role"} <= set(columns), form.name


def test_every_form_asks_whom_to_answer_and_warns_of_names() -> None:
    for form in definition.load(FOLDER).values():
        contact = [one.name for one in form.sender if one.contact]
        assert contact == ["contact_name", "contact_email", "contact_telephone"]
        rounds = [one for one in calendar.rounds(REFERENCE) if one.form == form.name]
        assert rounds, form.name


@pytest.mark.parametrize("form", sorted(FORMS))
def test_only_cells_to_fill_in_are_unlocked(form: str, desk: Desk) -> None:
    book = openpyxl.load_workbook(desk.empty(form=form))
    context = desk.context(form)
    assert book.sheetnames == [look.GUIDE, look.SHEET, look.CODES]
    assert book[look.CODES].sheet_state == "hidden"
    assert all(sheet.protection.sheet for sheet in book.worksheets)
    sheet = book[look.SHEET]
    unlocked = {c.coordinate for row in sheet.iter_rows() for c in row if not c.protection.locked}
    wanted = {
        cell_of(sheet, one.label, place).coordinate
        for one in context.form.row
        for place in range(template.ROWS)
    }
    wanted |= {beside(sheet, one.label).coordinate for one in context.form.sender}
    merged = {
        cell.coordinate
        for area in sheet.merged_cells.ranges
        for row in sheet[area.coord]
        for cell in row
    }
    assert unlocked - merged == wanted - merged
    assert wanted & merged <= unlocked
    head, _ = labelled(sheet, template.NUMBER)
    assert sheet.freeze_panes == f"C{head + 1}"
    assert sheet.print_title_rows == f"${head}:${head}"
    assert sheet.page_setup.orientation == "landscape"


@pytest.mark.parametrize("form", sorted(FORMS))
def test_every_input_says_its_help_and_holds_to_its_list(form: str, desk: Desk) -> None:
    book = openpyxl.load_workbook(desk.empty(form=form))
    context, sheet = desk.context(form), book[look.SHEET]
    rules = {
        str(area).split(":")[0]: rule
        for rule in sheet.data_validations.dataValidation
        for area in rule.sqref.ranges
    }
    for one in (*context.form.sender, *context.form.row):
        rule = rules[
            beside(sheet, one.label).coordinate
            if one in context.form.sender
            else cell_of(sheet, one.label, 0).coordinate
        ]
        assert rule.prompt == one.help
        options = context.options(one)
        if options is None:
            continue
        name, area = rule.formula1.replace("$", "").split("!")
        shown = [row[0].value for row in book[name][area]]
        assert shown == list(options.values())


def test_lists_hold_the_codes_of_today_in_the_form_s_region(desk: Desk) -> None:
    lists = desk.context("forum").lists
    assert list(lists["municipality"].names) == ["5054", "5057"]
    assert list(lists["occupation"].names) == ["0110", "2223", "5321", "7212"]
    areas = ["BATMF3----", "HSHEA2----", "HSHEA3----", "HSHSF1----"]
    assert list(lists["programme_area"].names) == areas
    assert lists["programme_area"].shown("HSHEA2----") == "HSHEA2---- Helsearbeiderfag (Vg2)"
    whole = desk.context("laereplass", region=None).lists
    assert list(whole["municipality"].names) == ["5001", "5007", "5054", "5057"]
    assert list(whole["trade"].names) == ["BATMF3----", "HSHEA3----"]
    assert list(desk.context("bedrift", None).lists["industry"].names) == ["01", "C"]
    assert list(desk.context("skole").lists["school"].names) == ["974557975"]


def test_a_form_says_what_it_is_in_two_places(desk: Desk) -> None:
    book = openpyxl.load_workbook(desk.empty())
    first = [cell.value for cell in book[look.CODES][1][:5]]
    assert first == [look.MAGIC, "forum", "1", "2027", "forum-fosen"]
    told = {one.name: one.value for one in book.custom_doc_props.props}
    assert told[f"{look.MAGIC}-region"] == "forum-fosen"


def test_the_guidance_tells_deadline_and_privacy(desk: Desk) -> None:
    sheet = openpyxl.load_workbook(desk.empty())[look.GUIDE]
    text = " ".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value)
    assert "1. oktober 2026" in text
    assert "Personvern" in text
    assert "slettes når dere ber om det" in text


def test_without_a_night_there_are_no_lists(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="tilbudsplan ingest"):
        codes.load(Settings(home=tmp_path), ["occupation"], None, {}, TODAY)


def test_rounds_are_chosen_by_name_or_by_deadline() -> None:
    rounds = calendar.rounds(REFERENCE)
    assert calendar.choose_round(rounds, "forum", None, TODAY).name == "2027"
    one_day_late = calendar.choose_round(rounds, "forum", None, TODAY.replace(month=10, day=2))
    assert one_day_late.name == "2028"
    with pytest.raises(NotFound, match=r"form_round\.csv"):
        calendar.choose_round(rounds, "forum", "1999", TODAY)


def test_which_regions_have_a_forum_is_data() -> None:
    regions = calendar.known_regions(REFERENCE, TODAY)
    assert not regions["forum-trondheimsregionen"].has_forum
    assert regions["forum-fosen"].has_forum
    told = pl.read_csv(REFERENCE / calendar.FORUMS)["region_code"]
    assert set(told) == {one.code for one in regions.values() if one.kind == "forum"}


def test_mistakes_in_definitions_are_named_together(tmp_path: Path) -> None:
    text = (FOLDER / "forum.toml").read_text(encoding="utf-8").replace('["contact", "needs"]', "[]")
    (tmp_path / "forum.toml").write_text(text + "\n[[row]]\nname = 'a'\n", encoding="utf-8")
    (tmp_path / "skole.toml").write_text("name = [", encoding="utf-8")
    with pytest.raises(ConfigurationError) as told:
        definition.load(tmp_path)
    assert "[[row]] nr. 1 label: mangler" in str(told.value)
    assert "skole.toml: kan ikke leses som TOML" in str(told.value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"type": "code"}, "list"),
        ({"type": "choice"}, "choices"),
        ({"type": "whole_number", "choices": {"a": "A"}}, "tall som kode"),
    ],
)
def test_a_field_that_contradicts_itself_is_refused(change: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        definition.FormField.model_validate({"name": "a", "label": "A", "help": "H"} | change)


def test_texts_of_choices_are_a_table() -> None:
    told = definition.choices(definition.load(FOLDER).values())
    assert told.columns == ["form", "field", "code", "label"]
    levels = told.filter(form="bedrift", field="level")
    assert ("trade_certificate", "Fag- eller svennebrev") in levels.select("code", "label").rows()
