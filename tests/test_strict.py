"""Files that people edit: what is wrong is told where it stands, in the planner's words."""

from __future__ import annotations

import math
from datetime import time
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, model_validator

from tasks import strict


class Line(strict.Exact):
    name: Annotated[str, Field(min_length=1, pattern="^[a-z]*$")]
    share: Annotated[float, Field(ge=0, le=0.5)] = 0


class Table(strict.Declared):
    count: Annotated[int, Field(ge=1, lt=10)]
    at: time = time(7)
    on: bool = True
    numbers: Annotated[tuple[float, ...], Field(strict=False, min_length=1)] = (1.0,)
    kind: Literal["a", "b", "c"] = "a"

    @model_validator(mode="after")
    def _odd(self) -> Table:
        if self.count == 5:
            raise ValueError("fem går ikke")
        return self


class File(strict.Exact):
    table: Table
    line: Annotated[tuple[Line, ...], Field(strict=False)] = ()


TABLE = '[table]\nunit = "år"\nsource = "S"\nconfidence = "confirmed"\n'


def read(tmp_path: Path, text: str) -> tuple[File | None, list[str]]:
    file = tmp_path / "fil.toml"
    file.write_text(text, encoding="utf-8")
    problems: list[str] = []
    return strict.read_toml(file, File, problems), problems


def test_a_good_file_is_read_and_nothing_is_said(tmp_path: Path) -> None:
    found, problems = read(tmp_path, TABLE + "count = 3\nnumbers = [1, 2.5]\n[[line]]\nname = 'a'")
    assert problems == []
    assert found is not None
    assert (found.table.count, found.table.numbers, found.line[0].name) == (3, (1.0, 2.5), "a")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["table: mangler. Legg til nøkkelen"]),
        ("table = 3", ["table: er 3, ventet en oppføring med navn og verdi. Rett verdien"]),
        (TABLE, ["[table] count: mangler. Legg til nøkkelen"]),
        (TABLE + 'count = "3"', ["[table] count: er '3', ventet et heltall. Rett verdien"]),
        (TABLE + "count = true", ["[table] count: er true, ventet et heltall. Rett verdien"]),
        (TABLE + "count = 2.5", ["[table] count: er 2.5, ventet et heltall. Rett verdien"]),
        (TABLE + "count = 0", ["[table] count: er 0, ventet minst 1. Rett verdien"]),
        (TABLE + "count = 10", ["[table] count: er 10, ventet mindre enn 10. Rett verdien"]),
        (TABLE + "count = 5", ["[table]: fem går ikke. Rett oppføringen"]),
        (TABLE + "count = 1\nat = 7", ["[table] at: er 7, ventet et klokkeslett, tt:mm:ss."]),
        (TABLE + "count = 1\non = 1", ["[table] on: er 1, ventet true eller false. Rett verdien"]),
        (TABLE + "count = 1\nnumbers = 1", ["[table] numbers: er 1, ventet en liste i [ ]."]),
        (TABLE + "count = 1\nnumbers = []", ["[table] numbers: er [], ventet minst 1 i listen."]),
        (
            TABLE + "count = 1\nnumbers = [1, 'a']",
            ["[table] numbers nr. 2: er 'a', ventet et tall"],
        ),
        (
            TABLE + "count = 1\nnumbers = [1, nan]",
            ["numbers nr. 2: er nan, ventet et endelig tall."],
        ),
        (TABLE + "count = 1\nkind = 'd'", ["kind: er 'd', ventet 'a', 'b' eller 'c'. Velg en"]),
        (TABLE + "count = 1\ncuont = 1", ["[table] cuont: er en ukjent nøkkel. Rett skrivemåten"]),
        (TABLE + "count = 1\n[tabel]\na = 1", ["[tabel]: er en ukjent nøkkel. Rett skrivemåten"]),
        (
            TABLE + "count = 1\n[[line]]\nname = 'a'\n[[line]]\nname = ''\nshare = 1\n",
            [
                "[[line]] nr. 2 name: er '', ventet minst 1 tegn. Rett verdien",
                "[[line]] nr. 2 share: er 1, ventet høyst 0.5. Rett verdien",
            ],
        ),
        (
            TABLE + "count = 1\n[[line]]\nname = 'Å'",
            ["[[line]] nr. 1 name: er 'Å', ventet formen ^[a-z]*$. Rett skrivemåten"],
        ),
        ("[table", ["kan ikke leses som TOML"]),
    ],
)
def test_every_mistake_is_told_where_it_stands(tmp_path: Path, text: str, told: list[str]) -> None:
    found, problems = read(tmp_path, text)
    assert found is None
    assert len(problems) == len(told)
    for problem, part in zip(problems, told, strict=True):
        assert problem.startswith("fil.toml")
        assert part in problem


def test_a_file_that_is_not_there_or_no_file_is_told_and_others_are_read_on(tmp_path: Path) -> None:
    problems: list[str] = []
    (tmp_path / "mappe.toml").mkdir()
    for name in ("borte.toml", "mappe.toml"):
        assert strict.read_toml(tmp_path / name, File, problems) is None
    assert problems[0].startswith("borte.toml: finnes ikke")
    assert problems[1].startswith("mappe.toml: kan ikke åpnes")


@given(st.floats())
def test_only_shares_are_shares(value: float) -> None:
    problems: list[str] = []
    found = strict.checked({"name": "a", "share": value}, Line, "fil.toml", problems)
    assert (found is not None) == (not problems) == (not math.isnan(value) and 0 <= value <= 0.5)


def test_words_of_a_source_are_demanded(tmp_path: Path) -> None:
    found, problems = read(tmp_path, '[table]\ncount = 1\nsource = ""\nconfidence = "sure"\n')
    assert found is None
    assert [problem.partition(": ")[0] for problem in problems] == [
        "fil.toml [table] source",
        "fil.toml [table] confidence",
        "fil.toml [table] unit",
    ]
