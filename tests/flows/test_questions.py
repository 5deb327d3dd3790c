"""The planner's ten questions: each is one short query, and its answer is the one in the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tasks import warehouse
from tasks.settings import CHECKOUT, Rooms

PAGE = (CHECKOUT / "docs" / "questions.md").read_text(encoding="utf-8")
QUESTIONS = re.findall(r"^## (\d+\. .*?)$(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
MOST_LINES = 16


@pytest.fixture(scope="module")
def published(night_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse.connect_published(Rooms(night_home)) as connection:
        yield connection


def test_there_are_ten() -> None:
    assert [title.split(".")[0] for title, _ in QUESTIONS] == [str(n) for n in range(1, 11)]


@pytest.mark.parametrize(("title", "text"), QUESTIONS, ids=[t for t, _ in QUESTIONS])
def test_a_question_is_answered_by_one_short_query(
    published: duckdb.DuckDBPyConnection, title: str, text: str
) -> None:
    (sql,) = re.findall(r"```sql\n(.*?)```", text, flags=re.DOTALL)
    assert len(sql.splitlines()) <= MOST_LINES, title
    found = published.execute(sql)
    names = [column[0] for column in found.description or ()]
    rows = found.fetchall()
    assert rows, title
    (shown,) = re.findall(r"^\|.*?\|$(?!\n\|)", text, flags=re.MULTILINE | re.DOTALL) or [""]
    assert shown == table(names, rows)


def table(names: list[str], rows: list[tuple[Any, ...]]) -> str:
    """The answer as the page shows it."""
    rule = ["---:" if numeric([row[i] for row in rows]) else "---" for i in range(len(names))]
    lines = [names, rule, *([text_of(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def numeric(values: list[Any]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(isinstance(value, int | float | Decimal) for value in known)


def text_of(value: Any) -> str:
    match value:
        case None:
            return ""
        case float() | Decimal():
            return f"{value:g}".replace(".", ",")
        case _:
            return str(value)
