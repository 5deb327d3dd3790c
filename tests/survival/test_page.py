"""The page tells what a soak measured, as a soak writes it, and that nothing was found wrong."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import soak

pytestmark = pytest.mark.skipif(
    soak.BEGIN + "\n" + soak.END in soak.PAGE.read_text(encoding="utf-8"),
    reason="docs/reliability.md is not measured yet: run `make soak`",
)


def shape(text: str) -> list[str]:
    """Every line with its numbers and its date taken out."""
    lines = [re.sub(r"\d+( \d{3})*", "0", line) for line in text.splitlines()]
    return [re.sub(r"\([^)]*Python [^)]*\)", "(machine)", line) for line in lines]


def measured() -> str:
    page = soak.PAGE.read_text(encoding="utf-8")
    return page.partition(soak.BEGIN)[2].partition(soak.END)[0]


def number(name: str) -> int:
    found = re.search(rf"(?m)^\| {re.escape(name)} \| ([\d ]+) \|", measured())
    assert found, name
    return int(found[1].replace(" ", ""))


def test_the_page_is_as_a_soak_writes_it() -> None:
    corpus = measured().partition("```text\n")[2].partition("```")[0]
    last = re.search(r"Tests: (.*)\.", measured())
    assert last
    written = soak.report(Counter(), corpus, last[1], 0)
    assert shape(soak.between(soak.PAGE.read_text(encoding="utf-8"), written)) == shape(
        soak.PAGE.read_text(encoding="utf-8")
    )
    assert "protocol" in corpus


def test_no_malformed_answer_reached_a_mart() -> None:
    head, *lines = measured().partition("```text\n")[2].partition("```")[0].splitlines()
    assert len(lines) > 10
    assert int(lines[-1].split()[-1]) >= 200
    assert not {"mart", "warned"} & set(head.split())


def test_the_soak_was_whole_and_found_no_difference() -> None:
    assert number("Differences found") == 0
    assert "failed" not in measured()
    assert number("… at a random moment") == 50
    assert number("… at a chosen point, before, after or in the middle of an operation") > 100
    assert number("Sizes of disk") > 20
    assert number("Nights that met a full disk") > 5
    assert number("Nights killed (SIGKILL)") <= number("Nights run")
