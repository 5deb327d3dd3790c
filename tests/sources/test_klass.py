from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import UTC, date, datetime

import polars as pl
import pytest
from pydantic import ValidationError
from register_replies import answering

from tasks.errors import SourceChanged
from tasks.sources import Answer
from tasks.sources.klass import CODE_COLUMNS, Selection, fetch, parse, updated
from tasks.sources.transport import Client, Rate

CODES = Selection(classification=131, operation="codes", from_date=date(2013, 1, 1))
CODES_AT = Selection(classification=131, operation="codes_at", date=date(2026, 1, 1))
CHANGES = Selection(classification=131, operation="changes", from_date=date(2013, 1, 1))
CORRESPONDS = Selection(
    classification=131, operation="corresponds", target=104, from_date=date(2024, 1, 1)
)
CSV = CODES_AT.model_copy(update={"format": "csv"})


def answer(content: bytes, content_type: str = "application/json") -> Answer:
    return Answer(
        role="data",
        method="GET",
        url="http://127.0.0.1/",
        body=None,
        status=200,
        headers={"content-type": content_type},
        content=content,
        received_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


def rows(document, selection: Selection) -> pl.DataFrame:
    return parse([answer(json.dumps(document).encode())], selection)["rows"]


def code(**keys):
    return {
        "code": "5001",
        "parentCode": None,
        "level": "1",
        "name": "Trondheim - Tråante",
        "shortName": "",
        "presentationName": "",
        "validFrom": None,
        "validTo": None,
        "notes": "",
    } | keys


def in_range(first: str, last: str | None):
    return {"validFromInRequestedRange": first, "validToInRequestedRange": last}


def test_codes_have_the_agreed_columns_and_types():
    frame = rows(
        {
            "codes": [
                code(code="5004", name="Steinkjer", **in_range("2018-01-01", "2020-01-01")),
                code(**in_range("2018-01-01", None)),
            ]
        },
        CODES,
    )
    assert dict(frame.schema) == CODE_COLUMNS
    assert frame["validToInRequestedRange"].to_list() == [date(2020, 1, 1), None]
    assert frame["level"].to_list() == [1, 1]
    assert frame["notes"].null_count() == 2


@pytest.mark.parametrize("end", ["+999999999-12-31", "", None])
def test_open_ends_are_null(end):
    frame = rows({"codes": [code(validFrom="2018-01-01", validTo=end)]}, CODES_AT)
    assert frame.select("validFrom", "validTo").row(0) == (date(2018, 1, 1), None)


def test_codes_at_lacks_the_requested_range():
    frame = rows({"codes": [code()]}, CODES_AT)
    assert dict(frame.schema) == CODE_COLUMNS
    assert frame["validFromInRequestedRange"].null_count() == 1
    with pytest.raises(SourceChanged, match="validFromInRequestedRange"):
        rows({"codes": [code()]}, CODES)


def test_changes_may_lack_a_side():
    frame = rows(
        {
            "codeChanges": [
                {"newCode": "9999", "newName": "Uoppgitt", "changeOccurred": "2014-01-01"},
                {"oldCode": "2211", "oldName": "Jan Mayen", "changeOccurred": "2015-01-01"},
                {
                    "oldCode": "5025",
                    "oldName": "Røros",
                    "newCode": "5025",
                    "newName": "Røros - Rosse",
                    "changeOccurred": "2024-01-01",
                },
            ]
        },
        CHANGES,
    )
    assert frame.columns == ["oldCode", "oldName", "newCode", "newName", "changeOccurred"]
    assert frame["oldCode"].to_list() == [None, "2211", "5025"]
    assert frame["newCode"].to_list() == ["9999", None, "5025"]
    assert frame["changeOccurred"].dtype == pl.Date


def test_no_changes_is_an_answer_and_no_codes_is_not():
    frame = rows({"codeChanges": []}, CHANGES)
    assert frame.shape == (0, 5)
    for selection, member in ((CODES, "codes"), (CORRESPONDS, "correspondenceItems")):
        with pytest.raises(SourceChanged, match="tomt svar"):
            rows({member: []}, selection)


def test_correspondences():
    item = {
        "sourceCode": "5001",
        "sourceName": "Trondheim",
        "targetCode": "50",
        "targetName": "Trøndelag",
    }
    unsaid = {"validFrom": None, "validTo": None, "konstruert": None}
    assert rows({"correspondenceItems": [item]}, CORRESPONDS).row(0, named=True) == item | unsaid
    dated = item | {"validFrom": "2024-01-01", "validTo": "+999999999-12-31"}
    said = rows({"correspondenceItems": [item, dated]}, CORRESPONDS)
    assert said["validFrom"].to_list() == [None, date(2024, 1, 1)]
    assert said["validTo"].to_list() == [None, None]
    with pytest.raises(SourceChanged, match="validFrom"):
        rows({"correspondenceItems": [item | {"validFrom": "1.1.2024"}]}, CORRESPONDS)


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"kode": []}, "codes"),
        ({"codes": [code(level="første")]}, "«første»"),
        ({"codes": [code(validFrom="01.01.2018")]}, "«01.01.2018»"),
        ({"codes": [code(level=1)]}, "level|int"),
        ({"codes": [code(), code(code=None)]}, "rad 2"),
        ({"codes": [{"code": "1", "name": "x"}]}, "mangler level"),
        ([], "codes"),
    ],
)
def test_another_layout_is_refused(document, named):
    with pytest.raises(SourceChanged, match=named):
        rows(document, CODES_AT)


def test_xml_is_refused():
    with pytest.raises(SourceChanged, match="JSON"):
        parse([answer(b"<?xml version='1.0'?><codeList/>")], CODES_AT)


HEADER = '"code";"parentCode";"level";"name";"shortName";"presentationName";"validFrom";"validTo"'


def test_csv_is_read_as_latin_1():
    text = (
        f'{HEADER};"notes"\n'
        '"5058";;"1";"Åfjord";"";"";"2020-01-01";"+999999999-12-31";"Slått sammen; ""2020"""\n'
        '"1507";"15";"1";"Ålesund";"";"";"2020-01-01";"2024-01-01";""\n'
    )
    frame = parse([answer(text.encode("iso-8859-1"), "text/csv")], CSV)["rows"]
    assert dict(frame.schema) == CODE_COLUMNS
    assert frame["name"].to_list() == ["Åfjord", "Ålesund"]
    assert frame["parentCode"].to_list() == [None, "15"]
    assert frame["validTo"].to_list() == [None, date(2024, 1, 1)]
    assert frame["notes"].to_list() == ['Slått sammen; "2020"', None]


def test_csv_that_says_utf_8_is_read_as_such():
    text = f'{HEADER}\n"5058";;"1";"Åfjord";"";"";"";""\n'
    frame = parse([answer(text.encode(), "text/csv;charset=UTF-8")], CSV)["rows"]
    assert frame["name"].to_list() == ["Åfjord"]


def test_csv_with_commas_and_without_parent_code():
    text = "code,level,name,shortName,presentationName,validFrom,validTo\n"
    text += "0101,1,Halden,,,2013-01-01,\n"
    frame = parse([answer(text.encode(), "text/csv")], CSV)["rows"]
    assert frame.select("code", "parentCode", "validTo").row(0) == ("0101", None, None)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Classification not found with id = 99", "Classification not found with id = 99"),
        ("kode;nivå;navn\n1;1;x\n", "kode, nivå, navn"),
        (f'{HEADER}\n"1";"";"1";"x";"";"";"";"";"én for mye";"to"\n', "like mange felt"),
        (f"{HEADER}\n", "tomt svar"),
        ("", "CSV"),
    ],
)
def test_csv_of_another_layout_is_refused(text, named):
    with pytest.raises(SourceChanged, match=named):
        parse([answer(text.encode("iso-8859-1"), "text/csv")], CSV)


@pytest.mark.parametrize(
    "keys",
    [
        {"operation": "codes_at"},
        {"operation": "codes_at", "date": "i dag"},
        {"operation": "codes_at", "date": date(2026, 1, 1), "from_date": date(2026, 1, 1)},
        {"operation": "codes"},
        {"operation": "codes", "from_date": date(2026, 1, 1), "to_date": date(2026, 1, 1)},
        {"operation": "changes", "from_date": date(2026, 1, 1), "target": 104},
        {"operation": "corresponds", "from_date": date(2026, 1, 1)},
        {"operation": "codes", "from_date": date(2026, 1, 1), "fromdate": date(2026, 1, 1)},
    ],
)
def test_a_selection_that_does_not_fit_its_operation_is_refused(keys):
    with pytest.raises(ValidationError):
        Selection(classification=131, **keys)


@pytest.fixture
def serve():
    with ExitStack() as stack:
        yield lambda reply: stack.enter_context(answering(reply))


@pytest.fixture
def client():
    with Client(publisher="klass-test", rate=Rate(1000, 1), attempts=1) as made:
        yield made


def ask(client, serve, selection, reply):
    server = serve(lambda request: reply)
    answers = list(fetch(client, server.url, selection, date(2026, 11, 22)))
    return server.requests[0], answers


JSON_REPLY = (200, "application/json", json.dumps({"codes": [code()]}).encode())


def test_json_is_asked_for_by_header_and_the_night_gives_the_date(client, serve):
    selection = Selection(classification=7, operation="codes_at", date="as_of", select_level=4)
    request, answers = ask(client, serve, selection, JSON_REPLY)
    assert request.path == "/classifications/7/codesAt"
    assert request.query == {"date": "2026-11-22", "language": "nb", "selectLevel": "4"}
    assert request.headers["Accept"] == "application/json"
    assert parse(answers, selection)["rows"].height == 1
    assert updated(answers) is None


def test_ranges_and_future_are_asked_for(client, serve):
    selection = Selection(
        classification=131,
        operation="changes",
        from_date=date(2013, 1, 1),
        to_date=date(2027, 1, 1),
        include_future=True,
    )
    request, _ = ask(client, serve, selection, JSON_REPLY)
    assert request.path == "/classifications/131/changes"
    assert request.query == {
        "from": "2013-01-01",
        "to": "2027-01-01",
        "language": "nb",
        "includeFuture": "true",
    }


def test_csv_is_asked_for_by_header(client, serve):
    body = f'{HEADER}\n"5058";;"1";"Åfjord";"";"";"";""\n'.encode("iso-8859-1")
    request, answers = ask(client, serve, CSV, (200, "text/csv;charset=ISO-8859-1", body))
    assert request.headers["Accept"] == "text/csv"
    assert request.query["csvSeparator"] == ";"
    assert parse(answers, CSV)["rows"]["name"].to_list() == ["Åfjord"]


def test_a_missing_correspondence_is_told_with_its_remedy(client, serve):
    reply = (404, "application/json", b'{"status":404,"error":"Not Found"}')
    with pytest.raises(SourceChanged, match="from_date") as refused:
        ask(client, serve, CORRESPONDS, reply)
    assert "korrespondansetabell for hele perioden" in str(refused.value)
    with pytest.raises(SourceChanged) as refused:
        ask(client, serve, CODES, (404, "text/plain", b"Classification not found with id = 131"))
    assert "korrespondansetabell" not in str(refused.value)


def test_the_default_xml_is_refused(client, serve):
    with pytest.raises(SourceChanged, match="xml"):
        ask(client, serve, CODES_AT, (200, "application/xml", b"<codeList/>"))
