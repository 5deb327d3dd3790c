"""Walks the repository: every dataset has its SQL and suite, and every room keeps to its door."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from tasks import catalogue, transform
from tasks.publish import data_page
from tasks.settings import CHECKOUT, Project

PROJECT = Project()
SCHEMAS = transform.FOLDERS
SQL_FILES = sorted(PROJECT.sql.glob("*/*.sql"))
PYTHON_FILES = sorted([*CHECKOUT.glob("tasks/**/*.py"), *CHECKOUT.glob("flows/**/*.py")])


def table_of(path: Path) -> str:
    return f"{SCHEMAS[path.parent.name]}.{path.stem}"


TABLES = {table_of(path): path for path in SQL_FILES}


@pytest.mark.parametrize("dataset", list(catalogue.load(PROJECT.catalogue)), ids=lambda d: d.id)
def test_every_dataset_has_sql_and_suite(dataset: catalogue.Dataset) -> None:
    assert dataset.table in TABLES, f"{dataset.id}: no SQL file builds {dataset.table}"
    schema, name = dataset.table.split(".")
    assert (PROJECT.expectations / schema / f"{name}.yaml").is_file(), f"{dataset.id}: no suite"
    assert f"raw.{dataset.id}" in TABLES[dataset.table].read_text(encoding="utf-8")
    assert (schema == "restricted") == (dataset.sensitivity == "restricted")


def test_no_typed_table_is_without_a_dataset() -> None:
    declared = {d.table for d in catalogue.load(PROJECT.catalogue)}
    typed = {t for t in TABLES if not t.startswith(("mart.", "closed."))}
    assert typed >= declared
    for table in typed - declared:
        # A table beside a dataset's own is made of that dataset's raw tables alone.
        (dataset,) = [d for d in catalogue.load(PROJECT.catalogue) if _reads_raw(table, d.id)]
        assert table.split(".")[0] == dataset.table.split(".")[0]


def _reads_raw(table: str, dataset: str) -> bool:
    return f"raw.{dataset}_" in TABLES[table].read_text(encoding="utf-8")


def test_the_page_of_datasets_is_up_to_date() -> None:
    assert data_page.PAGE.read_text(encoding="utf-8") == data_page.text(), "run `make docs`"


def test_no_suite_is_without_a_table() -> None:
    for path in PROJECT.expectations.glob("*/*.yaml"):
        suite = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert suite["table"] == f"{path.parent.name}.{path.stem}"
        assert suite["table"] in TABLES


@pytest.mark.parametrize("path", SQL_FILES, ids=table_of)
def test_a_table_of_restricted_rows_is_closed_with_its_small_cells(path: Path) -> None:
    text = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
    if path.parent.name == "restricted" or "restricted." not in text:
        return
    assert path.parent.name == "closed", "nothing derived from restricted rows is published"
    persons = {d.table for d in catalogue.load(PROJECT.catalogue) if d.protocol == "person_file"}
    assert not persons & set(re.findall(r"restricted\.\w+", text)), "one row per person"
    suite = (PROJECT.expectations / "closed" / f"{path.stem}.yaml").read_text(encoding="utf-8")
    rules = [e for e in yaml.safe_load(suite)["expectations"] if e["severity"] == "block"]
    assert any("BETWEEN 1 AND 4" in str(rule["arguments"]) for rule in rules)


@pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda p: str(p.relative_to(CHECKOUT)))
def test_every_room_keeps_to_its_door(path: Path) -> None:
    room = path.relative_to(CHECKOUT).parts
    imported = imports(path)
    if room[0] == "tasks":
        assert not any(name.split(".")[0] == "prefect" for name in imported)
    if room[:2] == ("tasks", "sources"):
        ours = {name for name in imported if name.split(".")[0] in {"tasks", "flows"}}
        assert all(name.startswith(("tasks.sources", "tasks.errors")) for name in ours)
    if room[:2] == ("tasks", "demo"):
        assert not any(name.startswith("tasks.sources") for name in imported)
    if room[:2] == ("tasks", "forecast"):
        assert not any(
            name.startswith(("tasks.warehouse", "tasks.landing", "duckdb", "requests"))
            for name in imported
        )
    if path.name != "warehouse.py" and room[:2] != ("tasks", "quality"):
        text = path.read_text(encoding="utf-8")
        assert "duckdb.connect(" not in text, "only tasks/warehouse.py opens DuckDB"


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_lock_files_name_no_index_host() -> None:
    for path in CHECKOUT.glob("deploy/*.lock"):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text
        assert "--hash=sha256:" in text
        pinned = re.findall(r"^[a-zA-Z0-9_.-]+(?:\[[^\]]*\])?==", text, flags=re.MULTILINE)
        assert {"tzdata==", "setuptools==", "wheel=="} <= set(pinned)
