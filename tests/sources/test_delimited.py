from __future__ import annotations

import csv
import io
from contextlib import ExitStack
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from register_replies import answering

from tasks.errors import SourceChanged
from tasks.sources import Answer
from tasks.sources.delimited import Selection, fetch, parse, updated
from tasks.sources.transport import Client, Rate

SELECTION = Selection(path="kapasitet.csv", columns=["orgnr", "plasser"])


def read(content: bytes, selection: Selection = SELECTION):
    answer = Answer(
        role="file",
        method="GET",
        url="http://127.0.0.1/",
        body=None,
        status=200,
        headers={},
        content=content,
        received_at=datetime(2026, 11, 22, tzinfo=UTC),
    )
    assert updated([answer]) is None
    return parse([answer], selection)["rows"]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_all_cells_are_text_and_extra_columns_are_kept(mark, newline):
    lines = ["orgnr;skole;plasser", "0974;Åfjord;030", ';"";', '1;"a;""b""";2']
    frame = read(mark + newline.join([*lines, ""]).encode())
    assert frame.columns == ["orgnr", "skole", "plasser"]
    assert frame.rows() == [
        ("0974", "Åfjord", "030"),
        (None, None, None),
        ("1", 'a;"b"', "2"),
    ]


def test_a_line_break_inside_quotes_does_not_end_the_record():
    frame = read(b'orgnr;plasser\n"a\nb";2\n3;4')
    assert frame.rows() == [("a\nb", "2"), ("3", "4")]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_line_that_names_the_separator_is_passed_over(mark):
    selection = Selection(
        path="eksport.csv", columns=["Fylke"], encoding="utf-16-le", separator="\t"
    )
    text = mark + "sep=\t\nFylke\tAndel\r\nTrøndelag - Trööndelage\t4,2\r\nAgder\t\r\n"
    frame = read(text.encode("utf-16-le"), selection)
    assert frame.rows() == [("Trøndelag - Trööndelage", "4,2"), ("Agder", None)]
    ragged = (text + "Oslo\r\n").encode("utf-16-le")
    with pytest.raises(SourceChanged, match="1 felt på linje 5"):
        read(ragged, selection)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("orgnr;plasser\n1;2\n3\n", "1 felt på linje 3"),
        ("orgnr;plasser\n1;2;3\n", "3 felt på linje 2"),
        ("orgnr;plasser\n1;2\n\n3;4\n", "1 felt på linje 3"),
        ('orgnr;plasser\n"a\nb";2\n3\n', "1 felt på linje 4"),
        ('orgnr;plasser\n1;2\n"3;4\n', "anførselstegn som ikke er lukket på linje 3"),
        ("orgnr;skole\n1;2\n", "mangler plasser"),
        ("orgnr,plasser\n1,2\n", "mangler skilletegnet"),
        ("orgnr;plasser;orgnr\n1;2;3\n", "«orgnr» mer enn én gang"),
        ("orgnr;plasser\n", "bare overskriften"),
        ("", "tom fil"),
        ("<!doctype html>\n<html>feil</html>", "mangler"),
    ],
)
def test_another_form_is_refused_with_the_line(content, named):
    with pytest.raises(SourceChanged, match=named) as refused:
        read(content.encode())
    assert "kapasitet.csv" in str(refused.value)


def test_another_encoding_is_refused():
    with pytest.raises(SourceChanged, match="utf-8-sig"):
        read("orgnr;plasser\nÅfjord;2\n".encode("iso-8859-1"))
    declared = SELECTION.model_copy(update={"encoding": "iso-8859-1"})
    assert read("orgnr;plasser\nÅfjord;2\n".encode("iso-8859-1"), declared)["orgnr"][0] == "Åfjord"


@pytest.mark.parametrize(
    "keys", [{"encoding": "utf-7000"}, {"separator": "||"}, {"columns": []}, {"colums": ["x"]}]
)
def test_a_wrong_selection_is_refused(keys):
    with pytest.raises(ValidationError):
        Selection.model_validate({"path": "x.csv", "columns": ["a"]} | keys)


cells = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=8)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=6))
def test_what_a_csv_writer_writes_is_read_back(rows):
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow(["orgnr", "plasser"])
    writer.writerows(rows)
    frame = read(b"\xef\xbb\xbf" + buffer.getvalue().encode())
    assert frame.rows() == [tuple(cell or None for cell in row) for row in rows]


@pytest.fixture
def serve():
    with ExitStack() as stack:
        yield lambda reply: stack.enter_context(answering(reply))


@pytest.fixture
def client():
    with Client(publisher="delimited-test", rate=Rate(1000, 1), attempts=1) as made:
        yield made


def test_the_file_is_fetched_as_it_is(client, serve):
    server = serve(lambda request: (200, "text/csv; charset=utf-8", b"orgnr;plasser\n1;2\n"))
    answers = list(fetch(client, server.url, SELECTION, date(2026, 11, 22)))
    assert [(a.role, a.content) for a in answers] == [("file", b"orgnr;plasser\n1;2\n")]
    assert server.requests[0].path == "/kapasitet.csv"


def test_a_web_page_in_place_of_the_file_is_refused(client, serve):
    server = serve(lambda request: (200, "text/html", b"<html>Logg inn</html>"))
    with pytest.raises(SourceChanged, match="html"):
        list(fetch(client, server.url, SELECTION, date(2026, 11, 22)))
