"""Report pages under an entry that names levels and measures: damage is refused by its place."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from tasks.errors import SourceChanged
from tasks.sources import Answer, nsr, udir_report

SELECTION = udir_report.Selection(
    page="VGO_Soeker_FylkUtdprogAar",
    levels=("Fylke", "Utdanningsprogram"),
    measures=(".*i alt.*", ".*til skole"),
)
NAMES = ("Søkere i alt", "Søkere til skole", "Søkere til læreplass")


def header(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "columnCount": 1} for name in names]


def row(identity: str, code: str, *cells: str, **keys: Any) -> dict[str, Any]:
    return {"navn": f"Rad {code}", "kode": code, "id": identity, "data": list(cells)} | keys


def document(**keys: Any) -> dict[str, Any]:
    """A healthy answer, with some of its parts replaced."""
    parts: dict[str, Any] = {
        "hierarchy": ["Nasjonalt", "Fylke", "Utdanningsprogram"],
        "columns": [[{"name": "2025", "columnCount": 3}], header(*NAMES)],
        "rows": [
            row("1.44", "50", "17 969", "15 758", "2 211"),
            row("1.44.-20", "BA", "*", "", "7"),
        ],
    } | keys  # fmt: skip
    metadata = {"rowHierarchy": parts["hierarchy"], "columns": parts["columns"]}
    return {"metadata": metadata, "rows": parts["rows"]}


def read(content: Any) -> pl.DataFrame:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    answer = Answer("data", "GET", "", None, 200, {}, raw, datetime.now(UTC))
    return udir_report.parse([answer], SELECTION)["rows"]


HEALTHY = [
    ("50", "Søkere i alt", 17_969.0, None), ("50", "Søkere til skole", 15_758.0, None),
    ("BA", "Søkere i alt", None, "*"), ("BA", "Søkere til skole", None, None),
]  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        document(),
        document(columns=[[{"name": "2025", "columnCount": 3}], header(*map(str.upper, NAMES))]),
        document(rows=[row("1.44", "50", "17\u00a0969", "15\u202f758,0", "ukjent tekst"),
                       row("1.44.-20", "BA", " * ", "", "…")]),
        document(columns=[[{"name": "2025", "columnCount": 3}],
                          header("Søkere i alt", "Søkere til skole", "Noe nytt")]),
        document(hierarchy=["Nasjonalt", "Fylke", "Utdanningsprogram", "Programområde"]),
        document(rows=[row("1.44", "50", "17 969", "15 758", "", nytt="felt"),
                       row("1.44.-20", "BA", "*", "", "")]),
    ],
    ids=["healthy", "upper case", "other spaces, comma, text in a column that is not read",
         "another column", "another level", "another key"],
)  # fmt: skip
def test_what_does_no_harm_gives_the_right_table(content: Any) -> None:
    frame = read(content).with_columns(pl.col("column_2").str.to_lowercase())
    expected = [(code, name.lower(), value, mark) for code, name, value, mark in HEALTHY]
    assert frame.select("kode", "column_2", "value", "status").rows() == expected


HEALTHY_BYTES = json.dumps(document(), ensure_ascii=False).encode()
DAMAGE: dict[str, tuple[Any, str]] = {
    "a renamed measure": (
        document(columns=[[{"name": "2025", "columnCount": 3}], header("Alle", *NAMES[1:])]),
        r"kolonner som heter «\.\*i alt\.\*», men fikk kolonnene Alle, Søkere til skole",
    ),
    "a renamed level": (
        document(hierarchy=["Nasjonalt", "Fylkeskommune", "Utdanningsprogram"]),
        "radnivået Fylke, men fikk nivåene Nasjonalt, Fylkeskommune",
    ),
    "a missing level": (
        document(hierarchy=["Nasjonalt", "Fylke"]), "radnivået Utdanningsprogram",
    ),
    "a row too deep": (
        document(rows=[row("1.44.-20.7.8", "X", "1", "2", "3")]), "en rad på nivå 5",
    ),
    "a row twice": (
        document(rows=[row("1.44", "50", "1", "2", "3")] * 2), r"«Rad 50» \(1.44\) to ganger",
    ),
    "a row too short": (document(rows=[row("1.44", "50", "1", "2")]), "2 i «Rad 50»"),
    "a renamed key": (
        document(rows=[{"navn": "x", "radId": "1.44", "data": ["1", "2", "3"]}]),
        r"`id`.*\.rows\[0\]|\.rows\[0\].*`id`",
    ),
    "a number for a text": (document(rows=[row("1.44", "50", 1, "2", "3")]), r"\.rows\[0\]\.data"),
    "a decimal point": (
        document(rows=[row("1.44", "50", "17.969", "2", "3")]),
        "«17.969» i raden «Rad 50», kolonnen «2025 / Søkere i alt»",
    ),
    "another mark": (
        document(rows=[row("1.44", "50", "1", ":", "3")]),
        "«:» i raden «Rad 50», kolonnen «2025 / Søkere til skole»",
    ),
    "no rows": (document(rows=[]), "en tom tabell"),
    "a page of the web": (b"<html>Vedlikehold</html>", "avtalte form"),
    "cut off": (HEALTHY_BYTES[:-60], "avtalte form"),
    "another charset": (HEALTHY_BYTES.decode().encode("latin-1"), "avtalte form"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "named"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_refused_by_its_place(content: Any, named: str) -> None:
    with pytest.raises(SourceChanged, match=f"(?s)VGO_Soeker_FylkUtdprogAar.*({named})"):
        read(content)


def test_a_pattern_that_cannot_be_read_is_a_mistake_in_the_entry() -> None:
    with pytest.raises(ValidationError, match="regulært uttrykk"):
        udir_report.Selection(page="X", measures=("(",))


def test_a_register_in_another_charset_is_refused() -> None:
    unit = {
        "Organisasjonsnummer": "974558068", "Navn": "Øya", "Fylkesnummer": "50",
        "Kommunenummer": "5028", "ErAktiv": True, "ErVideregaaendeSkole": True,
    }  # fmt: skip
    page = {"Sidenummer": 1, "AntallSider": 1, "TotaltAntallEnheter": 1, "EnhetListe": [unit]}
    raw = json.dumps(page, ensure_ascii=False).encode("latin-1")
    answer = Answer("page-001", "GET", "", None, 200, {}, raw, datetime.now(UTC))
    with pytest.raises(SourceChanged, match="side 1"):
        nsr.parse([answer], nsr.Selection())
