"""Brreg: the county listed by municipality and size, the log read on, and no name on disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError
from register_replies import answering

from tasks import catalogue
from tasks.demo.server import SAMPLE, Server, serve
from tasks.errors import SourceChanged, SourceUnavailable, TilbudsplanError
from tasks.landing import Landing
from tasks.settings import Project
from tasks.sources import Answer
from tasks.sources.brreg import Selection, parse, probe, proceed, updated
from tasks.sources.brreg_redaction import RULE, redacted_changes, redacted_page
from tasks.sources.transport import Client, Rate

NIGHT = date(2026, 11, 15)
DATASET = "brreg_establishments"
ENTRY = catalogue.load(Project().catalogue).datasets[DATASET].selection
ONE = Selection(municipalities=("5001",), page_size=1000)


def unit(number: int, **keys: Any) -> dict[str, Any]:
    return {
        "organisasjonsnummer": f"8100000{number:02d}",
        "navn": "Kari Nordmann Frisør",
        "overordnetEnhet": "810999999",
        "organisasjonsform": {"kode": "BEDR", "beskrivelse": "Underenhet"},
        "naeringskode1": {"kode": "96.210", "beskrivelse": "Frisering"},
        "antallAnsatte": 7,
        "harRegistrertAntallAnsatte": True,
        "registreringsdatoEnhetsregisteret": "2020-01-31",
        "beliggenhetsadresse": {"adresse": ["Heimvegen 1"], "kommunenummer": "5001"},
        "postadresse": {"adresse": ["Heimvegen 1"], "kommunenummer": "5001"},
        "telefon": "73 00 00 00",
        "epostadresse": "kari@nordmann.no",
        "_links": {"self": {"href": "https://data.brreg.no/enhetsregisteret"}},
    } | keys


def page(
    units: Sequence[Any], number: int = 0, total: int | None = None, size: int = 1000
) -> bytes:
    count = len(units) if total is None else total
    about = {"size": size, "totalElements": count, "totalPages": -(-count // size)}
    document: dict[str, Any] = {"page": {**about, "number": number}}
    if units:
        document["_embedded"] = {"underenheter": list(units)}
    return json.dumps(document, ensure_ascii=False).encode()


def answer(content: bytes, role: str = "list/2026-11-15/5001/5-/000") -> Answer:
    return Answer(role, "GET", "x", None, 200, {}, content, datetime(2026, 11, 15, tzinfo=UTC))


def read(*contents: bytes) -> pl.DataFrame:
    kept = [
        redacted_page(answer(content, f"list/2026-11-15/5001/5-/{number:03d}"))[0]
        for number, content in enumerate(contents)
    ]
    assert updated(kept) is None
    return parse(kept, ONE)["rows"]


# What is kept


def test_numbers_codes_and_dates_are_kept_and_nothing_that_names():
    kept, _ = redacted_page(answer(page([unit(1), unit(2, konstruert=True)])))
    text = kept.content.decode()
    for name in ("Nordmann", "navn", "Heimvegen", "telefon", "73 00", "@", "postadresse", "href"):
        assert name not in text
    assert kept.headers["redaction"] == RULE
    frame = parse([kept], ONE)["rows"]
    assert frame.drop("listet").row(0, named=True) == {
        "organisasjonsnummer": "810000001",
        "overordnetEnhet": "810999999",
        "organisasjonsform": "BEDR",
        "naeringskode1": "96.210",
        "naeringskode2": None,
        "naeringskode3": None,
        "antallAnsatte": 7,
        "harRegistrertAntallAnsatte": True,
        "oppstartsdato": None,
        "registreringsdatoEnhetsregisteret": "2020-01-31",
        "nedleggelsesdato": None,
        "slettedato": None,
        "konstruert": False,
        "kommunenummer": "5001",
        "fraAntallAnsatte": 5,
        "tilAntallAnsatte": None,
    }
    assert frame["konstruert"].to_list() == [False, True]


def test_a_unit_that_only_has_its_mail_in_the_municipality_is_left_out():
    elsewhere = unit(2, beliggenhetsadresse={"kommunenummer": "1804"})
    assert read(page([unit(1), elsewhere]))["organisasjonsnummer"].to_list() == ["810000001"]


def test_another_order_a_key_more_and_a_byte_more_of_white_space_are_no_change():
    turned = [dict(reversed(unit(n, nyNokkel={"a": [1]}).items())) for n in (1, 2)]
    spaced = json.dumps(json.loads(page(turned)), indent=3).encode()
    assert read(spaced).equals(read(page([unit(1), unit(2)])))


def renamed(old: str, new: str) -> bytes:
    return page([unit(1), unit(2)]).replace(f'"{old}"'.encode(), f'"{new}"'.encode())


WHOLE = page([unit(1), unit(2)])


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (renamed("organisasjonsnummer", "orgnr"), "organisasjonsnummer"),
        (renamed("naeringskode1", "naeringskode"), "naeringskode1"),
        (renamed("antallAnsatte", "ansatte"), "antallAnsatte"),
        (renamed("kommunenummer", "kommune"), "kommunenummer"),
        (renamed("page", "side"), "page"),
        (renamed("underenheter", "enheter"), "underenheter"),
        (b"<html>Vedlikehold</html>", "JSON"),
        (WHOLE[:-30], "truncated"),
        (page([unit(1, organisasjonsform={"kode": "ÆØÅ"})]).decode().encode("latin-1"), "JSON"),
        (page([unit(1, antallAnsatte="1 200")]), "antallAnsatte"),
        (page([unit(1, antallAnsatte="*")]), "antallAnsatte"),
        (page([unit(1, antallAnsatte=-1)]), "antallAnsatte"),
        (page([unit(1, naeringskode1={"kode": "Kari Nordmann"})]), "naeringskode1"),
        (page([unit(1, organisasjonsnummer="12345")]), "organisasjonsnummer"),
        (page([]), "minst én underenhet"),
    ],
)
def test_damage_is_refused_with_its_place_and_without_its_text(content, named):
    with pytest.raises(SourceChanged, match=named) as refused:
        read(content)
    assert "Nordmann" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_one_establishment_on_two_lists_is_to_be_read_again():
    with pytest.raises(SourceUnavailable, match="810000001"):
        read(page([unit(1), unit(2)]), page([unit(1)]))


def test_answers_without_a_list_are_refused():
    with pytest.raises(SourceChanged, match="en liste"):
        parse([], ONE)


@pytest.mark.parametrize(
    "wrong",
    [
        {"municipalities": []},
        {"municipalities": ["501"]},
        {"municipalities": ["5001", "5001"]},
        {"sizes": []},
        {"sizes": [{"least": 1, "most": 5}, {"least": 5}]},
        {"sizes": [{"least": 5}, {"least": 9}]},
        {"sizes": [{"least": 5, "most": 4}]},
        {"list_days": 0},
    ],
)
def test_lists_that_would_overlap_or_miss_are_refused_in_the_catalogue(wrong):
    with pytest.raises(ValidationError):
        Selection.model_validate({"municipalities": ["5001"]} | wrong)


# The log


def change(number: int, kind: str = "Sletting", orgnr: str = "810000001", **keys: Any) -> Any:
    return {
        "oppdateringsid": number,
        "dato": "2026-11-16T04:00:00.000Z",
        "organisasjonsnummer": orgnr,
        "endringstype": kind,
        "_links": {},
    } | keys


def log(*lines: Any) -> bytes:
    about = {"number": 0, "totalElements": len(lines), "totalPages": 1}
    document: dict[str, Any] = {"page": about}
    if lines:
        document["_embedded"] = {"oppdaterteUnderenheter": list(lines)}
    return json.dumps(document).encode()


def test_only_what_is_gone_is_kept_of_the_log_and_where_it_ended():
    lines = [change(1, "Endring"), change(2), change(3, "Fjernet"), change(9, "Ny")]
    kept, all_lines = redacted_changes(answer(log(*lines), "log"))
    found = json.loads(kept.content)
    assert found["last"] == 9
    assert [line["oppdateringsid"] for line in found["gone"]] == [2, 3]
    assert len(all_lines) == 4


@pytest.mark.parametrize(
    "line",
    [change(1, "Slettet"), change("x"), change(1, orgnr="Kari"), {"oppdateringsid": 1}],
)
def test_a_log_of_another_form_is_refused(line):
    with pytest.raises(SourceChanged, match="oppdaterteUnderenheter"):
        redacted_changes(answer(log(line), "log"))


@pytest.mark.parametrize("key", ["oppdaterteUnderenheter", "_embedded", "page", "endringstype"])
def test_a_log_whose_key_has_another_name_is_not_taken_for_an_empty_one(key):
    damaged = log(change(1)).replace(f'"{key}"'.encode(), b'"annet"')
    with pytest.raises(SourceChanged, match=key):
        redacted_changes(answer(damaged, "log"))


# Nights, over HTTP


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve(SAMPLE) as running:
        yield running


@contextmanager
def client_of() -> Iterator[Client]:
    with Client(publisher="brreg-test", rate=Rate(10_000, 1), attempts=1) as made:
        yield made


def night(landing: Landing, url: str, as_of: date, selection: Selection = ENTRY) -> pl.DataFrame:
    """One night as `tasks.intake` runs it, and what is read out of landing after it."""
    last = landing.latest(DATASET)
    with client_of() as client:
        before = landing.kept(last) if last else []
        for step in proceed(client, url, selection, as_of, before):
            last = landing.extend(DATASET, as_of, last, step, updated(step))
    assert last is not None
    return parse(landing.kept(last), selection)["rows"]


def paths(server: Any, start: int) -> list[str]:
    return [request.target.partition("?")[0] for request in server.requests[start:]]


def test_the_county_is_listed_once_and_then_only_the_log_is_read(server, tmp_path):
    landing, url = Landing(tmp_path), f"{server.url}/brreg"
    rows = pl.read_csv(SAMPLE / "brreg" / "establishments.csv", infer_schema=False)
    rows = rows.with_columns(pl.col("ansatte").cast(pl.Int64))
    employers = rows.filter(pl.col("ansatte") > 0)

    start = len(server.requests)
    first = night(landing, url, NIGHT)
    assert paths(server, start).count("/brreg/oppdateringer/underenheter") == 1
    listed = paths(server, start).count("/brreg/underenheter")
    assert listed >= 2 * len(ENTRY.municipalities) - 5
    # The log of 16 November and later is read the first night too: two are gone.
    gone = pl.read_csv(SAMPLE / "brreg" / "changes.csv", infer_schema=False).filter(
        pl.col("endringstype").is_in(["Sletting", "Fjernet"])
    )["organisasjonsnummer"]
    left = employers.filter(~pl.col("organisasjonsnummer").is_in(gone.implode()))
    assert len(gone) == 2
    assert sorted(first["organisasjonsnummer"]) == sorted(left["organisasjonsnummer"])
    both = first.join(rows, on="organisasjonsnummer", suffix="_true")
    assert both.filter(pl.col("kommunenummer") != pl.col("kommunenummer_true")).height == 0
    told = both.filter(pl.col("ansatte") >= 5)
    assert (told["antallAnsatte"] == told["ansatte"]).all()
    hidden = both.filter(pl.col("ansatte") < 5)
    assert hidden["antallAnsatte"].null_count() == hidden.height
    assert set(hidden["tilAntallAnsatte"]) == {4}

    start = len(server.requests)
    second = night(landing, url, NIGHT + timedelta(days=27))
    assert paths(server, start) == ["/brreg/oppdateringer/underenheter"]
    assert second.equals(first)

    start = len(server.requests)
    third = night(landing, url, NIGHT + timedelta(days=28))
    assert paths(server, start).count("/brreg/underenheter") == listed
    assert third["listet"].unique().to_list() == [NIGHT + timedelta(days=28)]
    # A new list shows the register of its own day: what the log said before it is spent.
    assert third.height == employers.height


def test_no_name_of_an_establishment_is_on_disk(server, tmp_path):
    landing = Landing(tmp_path)
    night(landing, f"{server.url}/brreg", NIGHT)
    last = landing.latest(DATASET)
    assert last is not None
    kept = b"".join(part.content for part in landing.kept(last))
    assert b"organisasjonsnummer" in kept
    for text in (b"Konstruert Navn", b"Konstruertveien", b"73 00", b"navn"):
        assert text not in kept


def test_a_deletion_between_lists_is_taken_out_the_night_it_comes(tmp_path):
    lines: list[Any] = []

    def reply(request: Any) -> tuple[int, str, bytes]:
        if request.path == "/underenheter":
            return 200, "application/json", page([unit(1), unit(2)])
        first = int(request.query.get("oppdateringsid", 0))
        return 200, "application/json", log(*[c for c in lines if c["oppdateringsid"] >= first])

    one = Selection(municipalities=("5001",), sizes=({"least": 5},))
    landing = Landing(tmp_path)
    with answering(reply) as server:
        assert night(landing, server.url, NIGHT, one).height == 2
        lines.append(change(5, "Endring"))
        assert night(landing, server.url, NIGHT + timedelta(days=1), one).height == 2
        lines.append(change(6, "Fjernet"))
        after = night(landing, server.url, NIGHT + timedelta(days=2), one)
        assert after["organisasjonsnummer"].to_list() == ["810000002"]
        assert night(landing, server.url, NIGHT + timedelta(days=3), one).height == 1
        asked = [r.query for r in server.requests if r.path.startswith("/oppd")]
    assert [q.get("dato") or q.get("oppdateringsid") for q in asked] == [
        "2026-11-14T00:00:00.000Z", "2026-11-14T00:00:00.000Z", "6", "7",
    ]  # fmt: skip


def replying(*pages_: bytes) -> Callable[[Any], tuple[int, str, bytes]]:
    def reply(request: Any) -> tuple[int, str, bytes]:
        number = int(request.query.get("page", 0))
        return 200, "application/hal+json", pages_[min(number, len(pages_) - 1)]

    return reply


TWO_A_PAGE = Selection(municipalities=("5001",), sizes=({"least": 5},), page_size=2)


@pytest.mark.parametrize(
    ("pages_", "kind", "named"),
    [
        (
            [page([unit(1), unit(2)], 0, 3, 2), page([], 1, 2, 2)],
            SourceUnavailable,
            "totalElements",
        ),
        ([page([unit(1), unit(2)], 0, 3, 2)] * 2, SourceChanged, "page.number = 0"),
        ([page([unit(1), unit(2)], 0, 10_001, 2)], SourceChanged, "del opp sizes"),
        ([renamed("naeringskode1", "naeringskode")], SourceChanged, "naeringskode1"),
        ([b"<html>"], TilbudsplanError, "JSON"),
    ],
)
def test_a_list_that_cannot_be_trusted_is_not_landed(pages_, kind, named, tmp_path):
    landing = Landing(tmp_path)
    with answering(replying(*pages_)) as server, pytest.raises(kind, match=named):
        night(landing, server.url, NIGHT, TWO_A_PAGE)
    assert landing.latest(DATASET) is None


def test_a_log_that_runs_backwards_is_refused(tmp_path):
    def reply(request: Any) -> tuple[int, str, bytes]:
        body = page([unit(1)]) if request.path == "/underenheter" else log(change(7), change(6))
        return 200, "application/json", body

    with answering(reply) as server, pytest.raises(SourceChanged, match="stigende"):
        night(Landing(tmp_path), server.url, NIGHT, TWO_A_PAGE)


@pytest.mark.parametrize("mode", ["html", "cut", "500-empty", "wrong-type"])
def test_a_bad_night_leaves_what_was_landed(server, tmp_path, mode):
    landing, url = Landing(tmp_path), f"{server.url}/brreg"
    whole = night(landing, url, NIGHT)
    server.misbehave(mode, "^/brreg/oppdateringer", 1)
    with pytest.raises(TilbudsplanError, match="brreg-test"):
        night(landing, url, NIGHT + timedelta(days=1))
    assert night(landing, url, NIGHT + timedelta(days=1)).equals(whole)


def test_the_entry_can_be_held_against_the_source_by_one_short_page(server):
    start = len(server.requests)
    with client_of() as client:
        assert not list(probe(client, f"{server.url}/brreg", ENTRY, NIGHT, []))
    assert len(paths(server, start)) == 1
    with answering(replying(renamed("naeringskode1", "naering"))) as other, client_of() as client:
        (deviation,) = probe(client, other.url, ENTRY, NIGHT, [])
    assert "naeringskode1" in deviation.expected


def test_nobody_in_the_sample_can_be_a_real_enterprise():
    path: Path = SAMPLE / "brreg" / "establishments.csv"
    rows = pl.read_csv(path, infer_schema=False)
    assert set(rows["konstruert"]) == {"true"}
    for number in [*rows["organisasjonsnummer"], *rows["overordnet"]]:
        weighted = zip((3, 2, 7, 6, 5, 4, 3, 2, 1), number, strict=True)
        assert sum(weight * int(digit) for weight, digit in weighted) % 11
