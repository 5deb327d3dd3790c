"""Delimited text files over HTTP: the county's own files, and the portals' exports.

Every cell stays text: what a column means is for the staging SQL to say. A first line `sep=…`,
which the Directorate's exports write for Excel's sake, is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator

from tasks.errors import SourceChanged

if TYPE_CHECKING:
    from tasks.sources import Answer
    from tasks.sources.transport import Client

CONTENT_TYPES = (
    "text/csv",
    "text/plain",
    "text/tab-separated-values",
    "application/octet-stream",
)
LONGEST_CELL = 32_767  # what a spreadsheet program can write
# A doubled quote inside a quoted field reads as the end of one quoted piece and the start of the
# next, so a file with balanced quotes is left without any.
QUOTED = re.compile(r'"[^"]*"')


class Selection(BaseModel):
    """What a dataset asks for.

    Attributes:
        path: The file, relative to the publisher's address.
        columns: Columns that must be there; others are kept too.
        encoding: Python's name of the character set.
        separator: The character between two fields.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(min_length=1)
    columns: list[str] = Field(min_length=1)
    encoding: str = "utf-8-sig"
    separator: str = Field(default=";", min_length=1, max_length=1)

    @field_validator("encoding")
    @classmethod
    def _encoding_exists(cls, name: str) -> str:
        try:
            "".encode(name)
        except LookupError as error:
            raise ValueError(f"{name!r} er ikke et kjent tegnsett") from error
        return name


def fetch(client: Client, base_url: str, selection: Selection, as_of: date) -> Iterator[Answer]:
    """The file, in role `file`."""
    yield client.get(
        f"{base_url}/{selection.path.lstrip('/')}",
        role="file",
        accept="text/csv, text/plain;q=0.9, */*;q=0.1",
        expect=CONTENT_TYPES,
    )


def parse(answers: Sequence[Answer], selection: Selection) -> dict[str, pl.DataFrame]:
    """The file as it stands.

    Returns:
        `rows`: one row per record, the file's own columns, all text, empty cells null.

    Raises:
        SourceChanged: Another character set, missing or doubled columns, or a record with another
            number of fields than the header (the line is named).
    """
    content = b"".join(answer.content for answer in answers)
    text, first_line = _text(content, selection)
    header_line = text.partition("\n")[0]
    if not header_line:
        raise _changed(selection, "en overskrift med kolonnenavn", "en tom fil")
    if len(selection.columns) > 1 and selection.separator not in header_line:
        expected = f"kolonnene {', '.join(selection.columns)}, med «{selection.separator}» mellom"
        raise _changed(selection, expected, f"«{header_line[:300]}» (mangler skilletegnet)")
    _refuse_ragged(text, first_line, selection)
    try:
        frame = pl.read_csv(
            text.encode(),
            separator=selection.separator,
            has_header=False,
            infer_schema=False,
        )
    except pl.exceptions.PolarsError:
        # Its message quotes what it could not read, and that may be somebody's.
        expected = "anførselstegn bare rundt hele felt"
        raise _changed(selection, expected, "linjer som ikke lar seg dele i felt") from None
    names = [str(name) for name in frame.row(0)]
    _check_names(names, selection)
    rows = frame[1:].rename(dict(zip(frame.columns, names, strict=True)))
    if not rows.height:
        raise _changed(selection, "minst én rad under overskriften", "bare overskriften")
    _check_rows(rows, selection)
    return {"rows": rows.with_columns(pl.all().replace("", None))}


def empty(selection: Selection) -> dict[str, pl.DataFrame]:
    """What `parse` gives, without rows: for a file that is declared and not delivered yet."""
    return {"rows": pl.DataFrame(schema=dict.fromkeys(selection.columns, pl.String()))}


def updated(answers: Sequence[Answer]) -> datetime | None:
    """A plain file carries no time stamp of its own."""
    return None


def _text(content: bytes, selection: Selection) -> tuple[str, int]:
    """The file from its header on, and the number of the header's line."""
    try:
        text = content.decode(selection.encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SourceChanged(
            subject=selection.path,
            expected=f"en fil i tegnsettet {selection.encoding}",
            got=f"et tegn fra et annet tegnsett på linje {line}",
            remedy="lagre filen på nytt i det tegnsettet; i Excel heter det «CSV UTF-8»",
        ) from error
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise _changed(selection, "en tekstfil", f"et nulltegn på linje {line}")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").rstrip("\n")
    if text[:4].lower() == "sep=":
        return text.partition("\n")[2], 2
    return text, 1


def _refuse_ragged(text: str, first_line: int, selection: Selection) -> None:
    # Inside quotes a separator is text and a line break does not end the record; the breaks are
    # kept as another character so that the line can still be named.
    bare = QUOTED.sub(lambda quoted: "\x00" * quoted.group().count("\n"), text)
    records = pl.Series("record", bare.split("\n"))
    fields = records.str.count_matches(selection.separator, literal=True) + 1
    wrong = (fields != fields[0]) | records.str.contains('"', literal=True)
    if not wrong.any():
        return
    at = int(wrong.arg_true()[0])
    line = first_line + at + sum(record.count("\x00") for record in records[:at])
    if '"' in records[at]:
        got = f"et anførselstegn som ikke er lukket på linje {line}"
    else:
        got = f"{fields[at]} felt på linje {line}"
    raise _changed(selection, f"{fields[0]} felt på hver linje, som i overskriften", got)


def _check_names(names: list[str], selection: Selection) -> None:
    missing = [name for name in selection.columns if name not in names]
    if missing:
        raise _changed(
            selection,
            f"kolonnene {', '.join(selection.columns)}",
            f"«{', '.join(names)[:300]}» (mangler {', '.join(missing)})",
        )
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise _changed(selection, "ulike kolonnenavn", f"«{'», «'.join(doubled)}» mer enn én gang")


def _check_rows(rows: pl.DataFrame, selection: Selection) -> None:
    """Refuse what only two files put together have, and what no spreadsheet program writes."""
    again = rows.select(pl.all_horizontal(pl.col(n) == n for n in rows.columns)).to_series()
    if again.any():
        got = f"den samme overskriften igjen over rad {int(again.arg_true()[0]) + 1}"
        raise _changed(selection, "én overskrift", got)
    lengths = rows.select(pl.max_horizontal(pl.all().str.len_chars().max())).item() or 0
    if lengths > LONGEST_CELL:
        raise _changed(selection, f"felt på høyst {LONGEST_CELL} tegn", f"ett på {lengths}")


def _changed(selection: Selection, expected: str, got: str) -> SourceChanged:
    return SourceChanged(
        subject=selection.path,
        expected=expected,
        got=got,
        remedy="rett filen hos den som eier den, eller rett oppføringen i data/catalogue",
    )
