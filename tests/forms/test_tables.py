"""The tables that the journal's forms become."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
from form_tools import entry

from tasks.forms import tables
from tasks.journal import Entry

HEALTH = {"need_id": "n1", "row": 9, "occupation_code": "5321", "persons": 12, "priority": 1}
BUILDING = {"need_id": "n2", "row": 10, "programme_area_code": "BATMF3----", "wanted_year": 2028}


def test_without_entries_the_tables_have_their_columns_and_no_rows() -> None:
    found = tables.frames([])
    assert list(found) == ["form_submission", "need", "apprentice_intention"]
    assert [frame.schema for frame in found.values()] == [
        pl.Schema({name: kind() for name, kind in schema.items()})
        for schema in (tables.SUBMISSION, tables.NEED, tables.INTENTION)
    ]
    assert all(frame.is_empty() for frame in found.values())


def test_entries_of_other_kinds_are_passed_over() -> None:
    other = Entry(1, datetime(2026, 11, 1, tzinfo=UTC), "night.built", {}, "0" * 64)
    assert tables.frames([other])["form_submission"].is_empty()


def test_a_row_is_told_with_its_sender() -> None:
    found = tables.frames([entry(rows=[HEALTH, BUILDING], refused_rows=3)])
    (submission,) = found["form_submission"].to_dicts()
    assert (submission["rows_taken"], submission["rows_refused"], submission["versions"]) == (
        2,
        3,
        1,
    )
    health, building = found["need"].to_dicts()
    assert (health["occupation_code"], health["persons"], health["priority"]) == ("5321", 12, 1)
    assert (building["programme_area_code"], building["wanted_year"]) == ("BATMF3----", 2028)
    assert health["organisation"] == "Fosen kompetanseforum"
    assert health["region_code"] == "forum-fosen"
    assert health["source_kind"] == health["form"] == "forum"
    assert not health["withdrawn"]


def test_a_late_correction_marks_only_what_it_changed() -> None:
    found = tables.frames(
        [
            entry(rows=[HEALTH, BUILDING]),
            entry(
                rows=[HEALTH | {"row": 20}, BUILDING | {"persons": 4}],
                late=True,
                received_on="2026-12-05",
                organisation="Kompetanseforum Fosen",
            ),
        ]
    )
    health, building = found["need"].to_dicts()
    assert (health["late"], health["received_on"]) == (False, date(2026, 11, 1))
    assert (building["late"], building["received_on"]) == (True, date(2026, 12, 5))
    assert health["organisation"] == "Kompetanseforum Fosen"
    (submission,) = found["form_submission"].to_dicts()
    assert (submission["versions"], submission["late"]) == (2, True)


def test_a_withdrawn_row_is_kept_and_one_that_comes_back_stands_again() -> None:
    first = entry(rows=[HEALTH, BUILDING])
    without = entry(rows=[HEALTH], withdrawn=["n2"], content_hash="h2")
    again = entry(rows=[HEALTH, BUILDING], content_hash="h3", received_on="2026-12-01")
    found = tables.frames([first, without])
    assert found["need"]["withdrawn"].to_list() == [False, True]
    assert found["form_submission"]["rows_taken"].to_list() == [1]
    assert tables.frames([first, without, again])["need"]["withdrawn"].to_list() == [False, False]


def test_a_row_that_is_neither_told_nor_withdrawn_stands_as_before() -> None:
    found = tables.frames([entry(rows=[HEALTH, BUILDING]), entry(rows=[HEALTH], refused_rows=1)])
    assert found["need"]["withdrawn"].to_list() == [False, False]


def test_intentions_are_a_table_of_their_own() -> None:
    row = {
        "need_id": "n1",
        "row": 9,
        "trade_code": "HEHEA3----",
        "municipality_code": "5007",
        "intended_intake": 6,
        "conditions": "Forutsetter tilskudd",
    }
    found = tables.frames(
        [entry(form="laereplass", submission="s2", orgnr="974767880", rows=[row])]
    )
    assert found["need"].is_empty()
    (told,) = found["apprentice_intention"].to_dicts()
    assert (told["trade_code"], told["intended_intake"], told["current_apprentices"]) == (
        "HEHEA3----",
        6,
        None,
    )
    assert told["orgnr"] == "974767880"
