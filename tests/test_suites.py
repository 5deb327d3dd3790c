"""Every table has the demands that it admits, or a written reason why not."""

from __future__ import annotations

import re
import tomllib

import pytest

from tasks import catalogue, profiles, quality, transform
from tasks.origins import dataset_of
from tasks.settings import Project
from tasks.transform import Table

PROJECT = Project()
TABLES = {table.name: table for table in transform.read_project(PROJECT.sql)}
SUITES = quality.read_suites(PROJECT.expectations)
CATALOGUE = catalogue.load(PROJECT.catalogue, "live")
RULES = profiles.rules(PROJECT.reference)
EXEMPT = {
    (table, category): reason
    for category, tables in tomllib.loads(
        (PROJECT.expectations / "exempt.toml").read_text(encoding="utf-8")
    ).items()
    for table, reason in tables.items()
}
CODE = re.compile(r"(_code|organisation_number|college_number)$")
# What the grain says where the source gives the whole beside its parts.
WHOLE = re.compile(r"\((?:0: the country|\*: all|50: the county)\)")
TYPED = ("staging.", "restricted.")


def of_a_dataset(table: Table) -> bool:
    return any(dataset_of(CATALOGUE, source) for source in table.sources)


def admits(table: Table) -> set[str]:
    """The categories of demand that a table admits, by its header."""
    typed = table.name.startswith(TYPED)
    sources = set(table.sources)
    periods = [column for column in table.key if column in RULES.periods]
    found = {"key"}
    if any(CODE.search(column) for column in table.key):
        found.add("code")
    if table.name not in RULES.not_profiled:
        found.add("drift")
    if typed and of_a_dataset(table):
        found.add("schema")
        if periods:
            found.add("freshness")
    if "mart.area_municipality" in sources or WHOLE.search(table.grain):
        found.add("total")
    if "reference.municipality_carry" in sources:
        found.add("border")
    return found


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_suite_has_what_its_table_admits(name: str) -> None:
    demanded = {expectation.category for expectation in SUITES[name].expectations}
    lacking = {c for c in admits(TABLES[name]) - demanded if (name, c) not in EXEMPT}
    assert not lacking, f"write a demand in the suite, or a reason in exempt.toml: {lacking}"


def test_every_exemption_is_needed_and_has_a_reason() -> None:
    for (name, category), reason in EXEMPT.items():
        assert len(reason) > 15, f"{name}, {category}: say why"
        assert category in admits(TABLES[name]), f"{name} does not admit {category}"
        demanded = {expectation.category for expectation in SUITES[name].expectations}
        assert category not in demanded, f"{name} has a demand of {category} after all"


@pytest.mark.parametrize("name", sorted(TABLES))
def test_the_key_of_a_suite_is_that_of_the_table(name: str) -> None:
    keys = [
        expectation.arguments["key"]
        for expectation in SUITES[name].expectations
        if expectation.type == "key_is_unique"
    ]
    told = [set(key) if isinstance(key, list) else {key} for key in keys]
    assert set(TABLES[name].key) in told


def test_schema_is_held_against_the_tables_own_dataset() -> None:
    for name, suite in SUITES.items():
        own = {d.id for s in TABLES[name].sources if (d := dataset_of(CATALOGUE, s))}
        for expectation in suite.expectations:
            if expectation.category == "schema":
                assert expectation.arguments["dataset"] in own, name


def test_what_compares_with_another_table_does_not_stop_a_dataset() -> None:
    """Sources disagree for many reasons; only what is impossible keeps figures out."""
    for name, suite in SUITES.items():
        for expectation in suite.expectations:
            if expectation.category == "comparison":
                assert expectation.severity == "warn", f"{name}: {expectation.reason}"
