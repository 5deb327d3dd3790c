"""Suites are read strictly and run in place; what cannot be run fails and says why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_tools import write

from tasks import quality, warehouse
from tasks.errors import ConfigurationError
from tasks.quality import Expectation, Result, Suite

ROWS = "unexpected_rows_expectation"


def expectation(kind: str, severity: str = "block", **arguments: object) -> Expectation:
    return Expectation.model_validate(
        {
            "type": kind,
            "arguments": arguments,
            "severity": severity,
            "reason": f"Fordi {kind} {arguments}.",
            "owner": "inntak",
            "origin": "test",
        }
    )


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Result]]:
    suites = [
        Suite(
            table="staging.x",
            expectations=(
                expectation("expect_column_values_to_not_be_null", column="n"),
                expectation("expect_column_values_to_not_be_null", column="nope"),
                expectation("expect_what_nobody_knows", column="n"),
                expectation("expect_column_values_to_not_be_null", "warn", colum="n"),
                expectation(ROWS, unexpected_rows_query="SELECT * FROM {batch} WHERE n IS NULL"),
                expectation(ROWS, unexpected_rows_query="SELECT * FROM {batch} WHERE n < 0"),
                expectation(ROWS, unexpected_rows_query="SELECT * FROM {batch} WHERE zz"),
                expectation(
                    ROWS,
                    unexpected_rows_query="SELECT * FROM {batch} "
                    "WHERE NOT regexp_full_match(code, '[A-Z]{2}[0-9]{1,3}')",
                ),
                expectation("expect_column_values_to_be_between", "warn", column="n", min_value=8),
            ),
        ),
        Suite(table="staging.absent", expectations=(expectation("expect_x"),)),
        Suite(
            table="restricted.p",
            expectations=(
                expectation(ROWS, unexpected_rows_query="SELECT * FROM {batch} WHERE pupils < 5"),
                expectation("expect_column_values_to_be_between", column="pupils", min_value=5),
            ),
        ),
    ]
    file = tmp_path_factory.mktemp("quality") / "b.duckdb"
    with warehouse.open_build(file) as con:
        con.execute(
            "create table staging.x as "
            "select case when range > 1 then range end as n, 'AB' || range as code from range(10)"
        )
        # The same name in another schema must not be the one that is looked at.
        con.execute("create table mart.x as select 1 as other")
        con.execute("create table restricted.p as select 3 as pupils")
        found = quality.run(con, suites)
        quality.store(con, found)
        stored = con.execute("select table_name, success, reason from audit.validation").fetchall()
    assert stored == [(r.table, r.success, r.reason) for r in found]
    return {name: [r for r in found if r.table == name] for name in ("staging.x", "restricted.p")}


def test_results_come_in_order_and_say_what_they_saw(results: dict[str, list[Result]]) -> None:
    found = results["staging.x"]
    wanted = [False, False, False, False, False, True, False, True, False]
    assert [r.success for r in found] == wanted
    assert found[0].unexpected_count == 2
    assert "ukjent kolonne nope" in str(found[1].observed)
    assert "expect_what_nobody_knows not found" in str(found[2].observed)
    assert "colum" in str(found[3].observed)
    assert found[4].unexpected_count == 2
    assert '{"n": null, "code": "AB0"}' in str(found[4].unexpected)
    assert "zz" in str(found[6].observed)
    assert found[8].unexpected == "[2, 3, 4, 5, 6]"


def test_severity_decides_what_blocks(results: dict[str, list[Result]]) -> None:
    blocking = [r.blocks for r in results["staging.x"]]
    assert blocking == [True, True, True, False, True, False, True, False, False]


def test_rows_about_few_people_are_counted_and_never_shown(
    results: dict[str, list[Result]],
) -> None:
    for result in results["restricted.p"]:
        assert not result.success
        assert result.unexpected_count == 1
        assert result.unexpected is None
        assert "3" not in str(result).replace("{batch}", "")


def test_a_table_can_be_judged_again_in_the_same_run_and_is_looked_at_anew(tmp_path: Path) -> None:
    suite = Suite(
        table="staging.x",
        expectations=(
            expectation("expect_column_values_to_not_be_null", column="n"),
            expectation(ROWS, unexpected_rows_query="SELECT * FROM {batch} WHERE n < 0"),
        ),
    )
    with warehouse.open_build(tmp_path / "b.duckdb") as con:
        con.execute("create table staging.x as select 1 as n")

        def damaged() -> Iterator[Suite]:
            yield suite
            con.execute("update staging.x set n = -1")
            yield suite
            con.execute("update staging.x set n = null")
            yield suite

        found = [r.success for r in quality.run(con, damaged())]
    assert found == [True, True, True, False, False, True]


def test_all_mistakes_of_all_suites_are_told_together(tmp_path: Path) -> None:
    good = "  - type: expect_x\n    severity: warn\n    reason: r\n    owner: o\n    origin: t\n"
    write(tmp_path / "staging" / "a.yaml", "table: staging.b\nexpectations:\n" + good)
    write(tmp_path / "staging" / "c.yaml", "table: [")
    write(tmp_path / "staging" / "d.yaml", "table: staging.d\nexpectations:\n  - type: x\n")
    write(tmp_path / "staging" / "e.yaml", "table: staging.e\nexpectations:\n" + good + good)
    write(
        tmp_path / "staging" / "f.yaml",
        "table: staging.f\nexpectations:\n" + good.replace("warn", "stop") + "    extra: 1\n",
    )
    with pytest.raises(ConfigurationError) as refusal:
        quality.read_suites(tmp_path)
    text = str(refusal.value)
    for part in (
        "a.yaml: table",
        "c.yaml: kan ikke",
        *(f"d.yaml expectations.0.{k}: mangler" for k in ("severity", "reason", "owner", "origin")),
        "e.yaml expectations: expect_x {} står mer enn én gang",
        "f.yaml expectations.0.severity: er 'stop', ventet 'block' eller 'warn'",
        "f.yaml expectations.0.extra: er en ukjent nøkkel",
    ):
        assert part in text
