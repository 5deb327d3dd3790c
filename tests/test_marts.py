"""Walks every mart: what it says of itself is whole, and is what it is."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from tasks import transform
from tasks.settings import CHECKOUT, Project
from tasks.transform import Table

PROJECT = Project()
TABLES = {table.name: table for table in transform.read_project(PROJECT.sql)}
MARTS = [table for table in TABLES.values() if table.name.startswith("mart.")]
# Every mart has them; the build appends them (docs/architecture.md).
APPENDED = ("as_of", "source")
# English words that give a text away which a planner is to read.
ENGLISH = re.compile(r"\b(the|and|of|per cent|one row|persons|pupils|where|places)\b")
# The same in what a column is, where codes are told of by their English names.
ENGLISH_SENTENCE = re.compile(r"\b(the|and|of|per cent|one row|where|which|that|is)\b")


def dictionary() -> dict[str, str]:
    with (PROJECT.reference / "column.csv").open(encoding="utf-8", newline="") as file:
        return {row["column_name"]: row["definition"] for row in csv.DictReader(file)}


COMMON = dictionary()
# Codes whose name stands in another column: an offer of a vocational college is called what its
# programme is, and of an education code the field has a name.
NAMED_BY = {"offer_code": "college_programme", "education_code": "field"}


def columns_of(table: Table) -> list[str]:
    """The columns that the SQL file makes, as its expected rows name them, and appended ones."""
    case = Path(__file__).parent / "sql" / table.name / "expect.csv"
    with case.open(encoding="utf-8", newline="") as file:
        made = next(csv.reader(file))
    return [*made, *(name for name in APPENDED if name not in made)]


@pytest.mark.parametrize("table", MARTS, ids=lambda t: t.name)
def test_a_mart_says_in_norwegian_what_it_is_and_whom_it_is_for(table: Table) -> None:
    for field in ("title", "row", "users", "unit"):
        text = getattr(table, field)
        assert text, f"{table.name}: the header lacks {field.capitalize()}"
        assert not ENGLISH.search(text), f"{table.name}: {field} is not in Norwegian: {text}"


@pytest.mark.parametrize("table", MARTS, ids=lambda t: t.name)
def test_every_column_is_documented_and_none_that_is_not_there(table: Table) -> None:
    columns = columns_of(table)
    assert [c for c in columns if c not in table.columns and c not in COMMON] == []
    assert sorted(set(table.columns) - set(columns)) == []
    # What says the same as the common definition stands once.
    assert [c for c, text in table.columns.items() if COMMON.get(c) == text] == []
    assert set(table.key) <= set(columns)
    assert "constructed" in columns
    told = {c: table.columns.get(c) or COMMON[c] for c in columns}
    assert {c: text for c, text in told.items() if ENGLISH_SENTENCE.search(text)} == {}


@pytest.mark.parametrize("table", MARTS, ids=lambda t: t.name)
def test_nothing_about_few_persons_is_published(table: Table) -> None:
    closed = [
        stem
        for stem in transform.lineage(TABLES, table.name)
        if stem.startswith(("restricted.", "closed."))
    ]
    assert closed == []


@pytest.mark.parametrize("table", MARTS, ids=lambda t: t.name)
def test_every_mart_is_validated(table: Table) -> None:
    schema, _, name = table.name.partition(".")
    assert (PROJECT.expectations / schema / f"{name}.yaml").is_file()


def test_the_dictionary_is_sorted_and_every_word_of_it_is_used() -> None:
    assert list(COMMON) == sorted(COMMON)
    used = {column for table in MARTS for column in columns_of(table)}
    assert sorted(set(COMMON) - used) == []


def test_codes_come_with_names() -> None:
    """Who reads a table must not look codes up elsewhere."""
    missing = []
    for table in MARTS:
        columns = columns_of(table)
        for code in (c for c in columns if c.endswith("_code") and c != "centrality_code"):
            name = code.removesuffix("_code")
            if NAMED_BY.get(code) in columns:
                continue
            if not any(c.startswith(name) and not c.endswith("_code") for c in columns):
                missing.append(f"{table.name}.{code}")
    assert missing == []


def test_a_figure_by_municipality_is_given_by_area_too() -> None:
    """Own regions work everywhere: what is summed over regions is summed through mart.area."""
    summed = [t for t in MARTS if "_by_area" in t.name and not t.name.startswith("mart.area")]
    assert len(summed) > 10
    for table in summed:
        assert {"area_code", "area", "area_kind"} <= set(columns_of(table)), table.name
        stems = transform.lineage(TABLES, table.name)
        assert {"mart.area", "mart.area_municipality"} & set(stems), table.name


def test_documents_name_only_tables_that_exist() -> None:
    for page in (CHECKOUT / "docs").glob("*.md"):
        named = set(
            re.findall(r"\b(?:mart|staging|restricted|closed)\.[a-z0-9_]+", page.read_text("utf-8"))
        )
        assert named <= set(TABLES), page.name
