"""The client against the bundled source server: parts, sparse cells, and every misbehaviour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl
import pytest

from tasks.demo.server import Server, serve
from tasks.errors import SourceChanged, SourceUnavailable, TilbudsplanError
from tasks.sources import pxweb
from tasks.sources.limits import SYSTEM_CLOCK, Clock
from tasks.sources.transport import Client, Rate

WANTED = pxweb.Selection.model_validate(
    {
        "table_id": "14882",
        "variables": {
            "Region": {"values": ["*"]},
            "FullforingVGO": {"values": ["*"]},
            "ContentsCode": {"values": ["*"]},
            "Tid": {"values": ["*"]},
        },
    }
)
IMPATIENT = Clock(now=SYSTEM_CLOCK.now, monotonic=SYSTEM_CLOCK.monotonic, sleep=lambda _: None)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve() as running:
        yield running


def night(server: Server) -> dict[str, pl.DataFrame]:
    with Client(
        publisher="demo", rate=Rate(100_000, 0.001), clock=IMPATIENT, max_answer_bytes=900_000
    ) as client:
        url = f"{server.url}/ssb"
        answers = list(pxweb.fetch(client, url, WANTED, date(2026, 11, 22)))
    return pxweb.parse(answers, WANTED)


def by_codes(frames: dict[str, pl.DataFrame]) -> pl.DataFrame:
    rows = frames["rows"]
    return rows.with_columns(pl.col(pl.Enum).cast(pl.String)).sort(rows.columns[:-2])


def test_parts_and_sparse_cells_give_the_same_table(server: Server) -> None:
    whole = night(server)
    assert whole["rows"].height > 100
    for options in ({"max_cells": 30}, {"sparse": True}, {"max_cells": 77, "sparse": True}):
        with serve(**options) as other:
            parts = night(other)
            assert by_codes(parts).equals(by_codes(whole))
            assert parts["codes"].equals(whole["codes"])


@pytest.mark.parametrize("mode", ["429", "503", "500-empty", "cut", "cut-chunked", "slow"])
def test_one_bad_answer_is_overcome(server: Server, mode: str) -> None:
    right = by_codes(night(server))
    server.misbehave(mode, r"14882/data", **({"seconds": 0.1} if mode == "slow" else {}))
    assert by_codes(night(server)).equals(right)


@pytest.mark.parametrize(
    ("mode", "refusal"),
    [
        ("429", SourceUnavailable),
        ("503", SourceUnavailable),
        ("500-empty", SourceUnavailable),
        ("cut", SourceUnavailable),
        ("cut-chunked", SourceUnavailable),
        ("schema", SourceChanged),
        ("html", SourceChanged),
        ("huge", SourceChanged),
        ("wrong-type", SourceChanged),
    ],
)
def test_a_lasting_misbehaviour_is_refused_by_its_kind(
    mode: str, refusal: type[TilbudsplanError]
) -> None:
    with serve() as server:
        server.misbehave(mode, r"14882/data", times=9)
        with pytest.raises(refusal) as refused:
            night(server)
    assert refused.value.expected
    assert refused.value.got
    assert refused.value.remedy


def test_an_update_in_the_middle_is_refused() -> None:
    with serve(max_cells=77) as server:
        server.misbehave("false-updated", r"14882/data")
        with pytest.raises(SourceUnavailable, match="samme oppdateringstid"):
            night(server)
        night(server)
