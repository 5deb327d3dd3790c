"""Prune, backup and restore as commands, on a home with a whole sample night in it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
from flow_tools import Ask, date_of, without_suites

from tasks import catalogue, warehouse
from tasks.journal import Journal
from tasks.settings import CHECKOUT, Settings

pytestmark = pytest.mark.usefixtures("clean_environment")


def test_prune_says_what_would_go_and_why_the_rest_stays(
    ask: Ask, copy_of_night: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copy_of_night()
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(home))
    (home / "parsed" / "old" / "x").mkdir(parents=True)
    for _ in range(2):
        said = ask("prune", "--dry-run")
        assert said.code == 0, said.err
        assert "hver natt i 400 dager" in said.out
        assert "journalen har færre enn 30 netter" in said.out
        assert "Ingenting er slettet" in said.out
    facts = json.loads(ask("prune", "--json").out)
    assert (facts["done"], facts["going"], facts["bytes"]) == (True, [], 0)
    kept = {one["dataset"] for one in facts["kept"]}
    landed = {file.stem for file in (home / "landing" / "manifest").iterdir()}
    assert kept == landed
    assert len(kept) > len(list(catalogue.load(CHECKOUT / "data" / "catalogue"))) / 2
    (home / "runs" / "broken").mkdir(parents=True)
    said = ask("prune")
    assert said.code == 1
    assert "manifest.json" in said.err
    assert "broken" in said.err


def test_a_home_comes_back_and_is_built_without_asking_a_source(
    ask: Ask,
    copy_of_night: Callable[[], Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    home = copy_of_night()
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(home))
    before = published(home)
    said = ask("backup", str(tmp_path / "copy.tar"))
    assert said.code == 0, said.err
    assert "samme disk" in said.out
    assert json.loads(ask("backup", str(tmp_path / "copy.tar"), "--verify", "--json").out)["whole"]
    assert "tom eller ikke finnes" in ask("restore", str(tmp_path / "copy.tar")).err
    shutil.rmtree(home)
    with without_suites():
        said = ask("restore", str(tmp_path / "copy.tar"))
    assert said.code == 0, said.err
    assert "Siste natt: " in said.out
    assert "Bygget og publisert" in said.out
    again = published(home)
    assert (again.tables, again.rows) == (before.tables, before.rows)
    # It is built on the day it comes back; midnight may pass between the two.
    assert again.day in {before.day, date_of(home)}
    kinds = [entry.kind for entry in Journal(home / "journal").entries()]
    assert "home.restored" in kinds
    assert ask("restore", str(tmp_path / "none.tar")).code == 1


class Published(NamedTuple):
    """What a planner finds: the tables, and figures of one of them."""

    tables: list[str]
    day: date
    rows: list[tuple[object, ...]]


def published(home: Path) -> Published:
    with warehouse.connect_published(Settings(home=home).rooms) as con:
        (day,) = con.execute("select as_of from audit.night").fetchall()[0]
        rows = con.execute("from mart.applicants_by_county_programme order by all").fetchall()
        return Published(warehouse.tables(con), day, rows)
