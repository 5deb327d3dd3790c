"""Grep's recorded list of codes against the bundled sample and the reference files."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from tasks.demo.server import SAMPLE, serve
from tasks.sources import Answer, grep
from tasks.sources.transport import Client, Rate

REFERENCE = Path(__file__).resolve().parents[2] / "data" / "reference"
SELECTION = grep.Selection(path="programomraader")


def recorded(real: Path) -> dict[str, dict[str, str | None]]:
    text = (real / "grep" / "programomraader_497.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, str | None]] = json.loads(text)
    assert len(found) == 497
    return found


def answer(role: str, document: object) -> Answer:
    content = json.dumps(document).encode()
    return Answer(role, "GET", "", None, 200, {}, content, datetime.now(UTC))


def test_every_recorded_code_and_title_is_read_as_it_is(real: Path) -> None:
    codes = recorded(real)
    details = [
        answer(
            f"detail/{code}/",
            {
                "kode": code,
                "status": "publisert",
                "tittel": [{"spraak": k, "verdi": v} for k, v in names.items() if v],
            },
        )
        for code, names in codes.items()
    ]
    stubs = [{"kode": code, "url-data": f"/programomraader/{code}"} for code in codes]
    rows = grep.parse([*details, answer("list", stubs)], SELECTION)["rows"]
    read = {kode: dict(zip(("nob", "nno", "eng"), names, strict=True))
            for kode, *names in rows.select("kode", "nob", "nno", "eng").rows()}  # fmt: skip
    assert read == codes


def test_the_sample_has_the_recorded_codes_and_names(real: Path) -> None:
    with serve(SAMPLE) as server, Client(publisher="grep-real", rate=Rate(10_000, 1)) as client:
        fetched = list(grep.fetch(client, f"{server.url}/grep", SELECTION, date(2026, 11, 24)))
    rows = grep.parse(fetched, SELECTION)["rows"]
    read = {kode: {"nob": nob, "nno": nno, "eng": eng}
            for kode, nob, nno, eng in rows.select("kode", "nob", "nno", "eng").rows()}  # fmt: skip
    assert read == recorded(real)


def test_codes_of_the_reference_files_are_recorded(real: Path) -> None:
    codes = set(recorded(real))
    for name, column in (
        ("programme_area", "code"),
        ("crosswalk_trade_programme_area", "trade_code"),
    ):
        held = pl.read_csv(REFERENCE / f"{name}.csv", infer_schema=False)[column]
        assert set(held) <= codes, name
