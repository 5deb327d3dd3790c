"""Who is told: every owner has addresses, mistakes are named, and `.invalid` is nobody."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml
from alert_tools import INTAKE, policy, policy_text, write_policy

from tasks import catalogue
from tasks.alerts import OPERATIONS, findings, policy_of, words
from tasks.alerts.policy import read, severity
from tasks.errors import ConfigurationError
from tasks.settings import Project, Rooms

PROJECT = Project()


def owners() -> set[str]:
    declared = {dataset.owner for dataset in catalogue.load(PROJECT.catalogue)}
    suites = PROJECT.expectations.glob("*/*.yaml")
    demanded = {
        expectation["owner"]
        for suite in suites
        for expectation in yaml.safe_load(suite.read_text(encoding="utf-8"))["expectations"]
    }
    return declared | demanded | {OPERATIONS}


def test_every_owner_has_an_address_and_nobody_else_has() -> None:
    shipped = read(PROJECT)
    assert set(shipped.owners) == owners()
    assert all(shipped.owners.values())


def test_what_is_shipped_reaches_nobody() -> None:
    shipped = read(PROJECT)
    assert shipped.readers() == shipped.escalates_to() == ()
    assert not shipped.can_send
    assert {"sender", "owners.inntak", "severity.fault", "escalation.to"} <= set(shipped.unset())
    # A list that is meant to be empty lacks nothing.
    assert "severity.warn" not in shipped.unset()
    assert policy().unset() == ()
    assert INTAKE in policy().readers()


def test_our_own_choices_say_so() -> None:
    tables = tomllib.loads(policy_text())
    del tables["owners"]
    assert {table["confidence"] for table in tables.values()} == {"unconfirmed"}


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("weekday", '"monday"', "[weekly] weekday: er 'monday'"),
        ("published_by", "02:30:00", "[watchdog] published_by: er 02:30:00, ventet minst 04:00:00"),
        ("inntak", '["inntak@fylket.example\\r\\nBcc: x@y.z"]', "[owners] inntak nr. 1"),
        ("inntak", '["Inntak <inntak@fylket.example>"]', "[owners] inntak nr. 1"),
        ("inntak", '["opplæring@fylket.example"]', "[owners] inntak nr. 1"),
        ("name", '"Tilbudsplan\\nBcc: x@y.z"', "[sender] name"),
        ("data_docs", '"javascript:alert(1)"', "[links] data_docs"),
        ("data_docs", '"https://docs.example/"', "[links] data_docs"),
        ("hanging_hours", "0", "[watchdog] hanging_hours: er 0, ventet mer enn 0"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, key: str, value: str, told: str) -> None:
    project = Project(tmp_path)
    write_policy(project.reference, **{key: value})
    with pytest.raises(ConfigurationError) as refusal:
        read(project)
    assert told in str(refusal.value)


def test_a_misspelt_key_and_a_file_that_is_no_toml_are_named(tmp_path: Path) -> None:
    project = Project(tmp_path)
    with pytest.raises(ConfigurationError, match=r"alerts\.toml: finnes ikke"):
        read(project)
    project.reference.mkdir(parents=True)
    file = project.reference / "alerts.toml"
    file.write_text(policy_text().replace("hanging_hours", "hangin_hours"), encoding="utf-8")
    with pytest.raises(ConfigurationError) as refusal:
        read(project)
    assert "[watchdog] hanging_hours: mangler" in str(refusal.value)
    assert "[watchdog] hangin_hours: er en ukjent nøkkel" in str(refusal.value)
    file.write_text("[sender", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="TOML"):
        read(project)
    # Before the first night there is no older one to use.
    assert policy_of(Rooms(tmp_path / "home"), project) is None


def test_every_kind_has_a_name_and_a_remedy() -> None:
    # What is awaited or dropped is nobody's to mend.
    assert set(words.KINDS) - {"awaited", "dropped"} == set(words.TODO)
    assert findings.WATCHED | {findings.FAILED} <= set(words.KINDS)
    assert [severity(kind) for kind in ("fetch", "night", "block", "warn", "space")] == [
        *["fault"] * 2,
        "block",
        "warn",
        "fault",
    ]
