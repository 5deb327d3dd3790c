"""Files about persons, laid in a folder: pseudonymised on the way in, so that raw rows never land.

What lands of a file is two parts. `persons/<file>` is the frame without names and addresses, with a
keyed hash in the place of the national identity number, to be deleted on a date. `totals/<file>`
counts its rows by the columns of `totals`, and stays: figures that a decision leans on do not
change when the persons are deleted.

A column that the layout does not name, and a value that its pattern does not admit, is refused:
what is let in is listed, not what is kept out. No refusal quotes a value, nor a library's words
about one. Rows land in the order of the hash: exports are sorted by number or name, and the place
in such a file tells when somebody is born.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatch
from typing import TYPE_CHECKING

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tasks.errors import SourceChanged
from tasks.sources import Answer, Kept
from tasks.sources.delimited import Selection as Delimited
from tasks.sources.delimited import parse as parse_delimited
from tasks.sources.person_identity import PERSON, WRONG_ID, fingerprint, pseudonyms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.sources import Deviation
    from tasks.sources.transport import Client

# The version of what is done to a file; it stands with each part that was made by it.
RULE = "person_file/1"
PERSONS, TOTALS = "persons/", "totals/"
COUNT = "antall"


class Selection(BaseModel):
    """The layout of a file about persons, and how long its rows are kept.

    Attributes:
        file: Which files of the folder it is, as `sokere_*.csv`.
        identity: The column with the national identity number.
        columns: What is kept: each column with the pattern that the whole of a value must match.
        dates: Those of the columns whose values must be days of the calendar, as 2026-01-31.
        optional: Those of the columns that may be missing; they are then empty.
        dropped: Columns that may be there and are dropped.
        totals: Columns whose combinations are counted, and the counts kept.
        named_after: The column whose year must stand in the file's name.
        keep_days: Days from the night that took a file until its persons are deleted.
        encoding: Python's name of the character set.
        separator: The character between two fields.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = Field(min_length=1)
    identity: str = Field(min_length=1)
    columns: dict[str, str] = Field(min_length=1)
    dates: list[str] = []
    optional: list[str] = []
    named_after: str | None = None
    dropped: list[str] = []
    totals: list[str] = Field(min_length=1)
    keep_days: int = Field(ge=1)
    encoding: str = "utf-8-sig"
    separator: str = Field(default=";", min_length=1, max_length=1)

    @field_validator("columns")
    @classmethod
    def _patterns(cls, columns: dict[str, str]) -> dict[str, str]:
        for name, pattern in columns.items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"mønsteret til «{name}» kan ikke leses: {error}") from error
        return columns

    @model_validator(mode="after")
    def _each_in_one_place(self) -> Selection:
        doubled = ({*self.columns} & {*self.dropped}) | ({self.identity} & {*self.columns})
        if doubled:
            raise ValueError(f"{', '.join(sorted(doubled))} kan ikke både beholdes og tas bort")
        for key in ("totals", "dates", "optional"):
            if unknown := sorted({*getattr(self, key)} - {*self.columns}):
                raise ValueError(f"{key} nevner {', '.join(unknown)}, som ikke er i columns")
        return self


@dataclass(frozen=True)
class Batch:
    """What is left of one file.

    Attributes:
        persons: One row per record: `person` (keyed hash, null where the number is missing or
            wrong), `person_mangler` (`mangler` or `ugyldig`, else null), and the kept columns.
        totals: One row per combination of the columns of `totals`, with `antall`.
    """

    persons: pl.DataFrame
    totals: pl.DataFrame


def takes(name: str, selection: Selection) -> bool:
    """Whether a file of the folder is one of these."""
    return fnmatch(name, selection.file)


def pseudonymise(name: str, content: bytes, selection: Selection, key: bytes) -> Batch:
    """Take names, addresses and identity numbers out of a file.

    Args:
        name: The file's name, for refusals.
        content: Its bytes; they are kept nowhere.
        selection: The layout.
        key: The secret that the hash is keyed with.

    Raises:
        SourceChanged: the file has another layout, or a value that its pattern does not admit; the
            column and the line are named, the value is not.
    """
    rows = _read(name, content, _header(name, content, selection), selection)
    kept = rows.select(list(selection.columns))
    for column, pattern in selection.columns.items():
        _check_values(name, kept[column], pattern)
    for column in selection.dates:
        _check_days(name, kept[column])
    numbers = rows[selection.identity].str.replace_all(r"\s", "")
    persons = pl.concat([pseudonyms(numbers, key), kept], how="horizontal")
    known, unknown = persons.filter(pl.col(PERSON).is_not_null()), pl.col(PERSON).is_null()
    persons = pl.concat([known.sort(PERSON), persons.filter(unknown).sort(pl.all())])
    if selection.named_after:
        _check_year(name, kept[selection.named_after])
    # Persons, not rows: the same one twice is one. Who has no number is counted by row.
    known_once = pl.col(PERSON).drop_nulls().n_unique() + pl.col(PERSON).null_count()
    counted = persons.group_by(selection.totals).agg(known_once.cast(pl.Int64).alias(COUNT))
    return Batch(persons, counted.sort(selection.totals, nulls_last=True))


def answers(name: str, batch: Batch, selection: Selection, key: bytes, as_of: date) -> list[Answer]:
    """The two parts of a file as they land; the headers say by which rule and until when."""
    now = datetime.now(UTC)
    headers = {"rule": RULE, "rows": str(batch.persons.height)}
    delete_after = (as_of + timedelta(days=selection.keep_days)).isoformat()
    restricted = {**headers, "key": fingerprint(key), "delete-after": delete_after}
    return [
        Answer(f"{role}{name}", "FILE", name, None, 0, said, _parquet(frame), now)
        for role, said, frame in (
            (PERSONS, restricted, batch.persons),
            (TOTALS, headers, batch.totals),
        )
    ]


def fetch(client: Client, base_url: str, selection: Selection, as_of: date) -> Iterator[Answer]:
    """Nothing: files about persons are laid in a folder, and nobody is asked for them."""
    return iter(())


def probe(
    client: Client, base_url: str, selection: Selection, as_of: date, before: Iterable[Kept]
) -> Iterator[Deviation]:
    """Nothing: there is no source to ask."""
    return iter(())


def parse(parts: Sequence[Answer | Kept], selection: Selection) -> dict[str, pl.DataFrame]:
    """All files together; of two with one name the later stands.

    Returns:
        `rows`: one row per record of the files whose persons are not deleted. `totals`: one row per
        file and combination. Both have `fil`, the file's name, and `rad`, the row's number in what
        landed of it.

    Raises:
        SourceChanged: a file was taken by a layout with other columns.
    """
    newest = {part.role: part for part in parts}
    made = empty(selection)
    for prefix, table in ((PERSONS, "rows"), (TOTALS, "totals")):
        frames = [
            _landed(part, role.removeprefix(prefix), made[table])
            for role, part in newest.items()
            if role.startswith(prefix)
        ]
        made[table] = pl.concat([made[table], *frames])
    return made


def empty(selection: Selection) -> dict[str, pl.DataFrame]:
    """The tables before any file is there."""
    text = pl.String()
    place: dict[str, pl.DataType] = {"fil": text, "rad": pl.Int32()}
    persons = dict.fromkeys([PERSON, WRONG_ID, *selection.columns], text)
    totals: dict[str, pl.DataType] = {**dict.fromkeys(selection.totals, text), COUNT: pl.Int64()}
    return {
        "rows": pl.DataFrame(schema={**persons, **place}),
        "totals": pl.DataFrame(schema={**totals, **place}),
    }


def updated(parts: Sequence[Answer]) -> datetime | None:
    """A file is as old as the night that took it."""
    return None


def _header(name: str, content: bytes, selection: Selection) -> list[str]:
    """The columns; another header is refused, and nothing shown of one that may be a record."""
    end = content.find(b"\n")
    first = content[: end if end >= 0 else None].decode(selection.encoding, errors="replace")
    columns = first.strip("\ufeff\r").split(selection.separator)
    # A quote that is not closed here would take records into the header.
    columns = [c[1:-1] if len(c) > 1 and c[0] == c[-1] == '"' else c for c in columns]
    if selection.identity not in columns or '"' in "".join(columns):
        raise _refused(
            name,
            f"en overskrift med kolonnen {selection.identity}, og skilletegnet "
            f"«{selection.separator}», i tegnsettet {selection.encoding}",
            "en første linje uten den",
            "ta ut filen på nytt med overskrift, eller rett oppføringen i data/catalogue",
        )
    needed = [column for column in selection.columns if column not in selection.optional]
    if missing := [column for column in needed if column not in columns]:
        raise _refused(
            name,
            f"kolonnene {', '.join(needed)}",
            f"en overskrift uten {', '.join(missing)}",
            "ta ut filen på nytt, eller rett oppføringen i data/catalogue",
        )
    known = {selection.identity, *selection.columns, *selection.dropped}
    if unknown := [str(n) for n, column in enumerate(columns, 1) if column not in known]:
        raise _refused(
            name,
            "bare kolonner som oppføringen i katalogen nevner",
            f"også kolonne nr. {', '.join(unknown)}",
            "sett kolonnen i columns om den skal beholdes, ellers i dropped",
        )
    if doubled := sorted({column for column in columns if columns.count(column) > 1}):
        raise _refused(
            name,
            "ulike kolonnenavn",
            f"{', '.join(doubled)} mer enn én gang",
            "ta ut filen på nytt",
        )
    return columns


def _read(name: str, content: bytes, header: list[str], selection: Selection) -> pl.DataFrame:
    """The file as text, the columns that may be missing put in."""
    layout = Delimited(
        path=name,
        columns=[selection.identity],
        encoding=selection.encoding,
        separator=selection.separator,
    )
    if not content.partition(b"\n")[2].strip():
        # A correction without rows takes back the file before it.
        return pl.DataFrame(schema=dict.fromkeys([*header, *selection.optional], pl.String()))
    file = Answer("file", "FILE", name, None, 0, {}, content, datetime.now(UTC))
    try:
        rows = parse_delimited([file], layout)["rows"]
        readable = rows.columns == header
    except SourceChanged as error:
        # What the reader choked on hangs on to its refusal as the cause.
        raise error from None
    except pl.exceptions.PolarsError:
        # Its message quotes what it could not read, and that is somebody's.
        readable = False
    if not readable:
        raise _refused(
            name,
            f"felt skilt med «{selection.separator}», og anførselstegn bare rundt hele felt",
            "linjer som ikke lar seg dele i felt",
            "ta ut filen på nytt; innholdet vises ikke her",
        )
    absent = [column for column in selection.optional if column not in rows.columns]
    return rows.with_columns(pl.lit(None, pl.String).alias(column) for column in absent)


def _check_values(name: str, values: pl.Series, pattern: str) -> None:
    wrong = ~values.str.contains(f"^(?:{pattern})$").fill_null(value=True)
    _refuse_values(name, values.name, wrong, f"verdier på formen {pattern}")


def _check_year(name: str, values: pl.Series) -> None:
    """The year of every row stands in the file's name: a file laid under another is noticed."""
    years = values.str.slice(0, 4)
    elsewhere = years.filter(~years.is_in([m[0] for m in re.finditer(r"\d{4}", name)]))
    if len(elsewhere):
        raise _refused(
            f"{name}, kolonne «{values.name}»",
            "samme år som i filnavnet",
            f"{len(elsewhere)} rader fra {', '.join(sorted(set(elsewhere))[:5])}",
            "gi filen navn etter året den gjelder, eller ta den ut på nytt",
        )


def _check_days(name: str, values: pl.Series) -> None:
    days = values.str.to_date("%Y-%m-%d", strict=False)
    _refuse_values(name, values.name, values.is_not_null() & days.is_null(), "dager i kalenderen")


def _refuse_values(name: str, column: str, wrong: pl.Series, expected: str) -> None:
    if wrong.any():
        raise _refused(
            f"{name}, kolonne «{column}»",
            expected,
            f"{int(wrong.sum())} andre, den første i rad {int(wrong.arg_true()[0]) + 2}",
            "rett filen, eller mønsteret i katalogen; verdien vises ikke her",
        )


def _refused(subject: str, expected: str, got: str, remedy: str) -> SourceChanged:
    return SourceChanged(subject=subject, expected=expected, got=got, remedy=remedy)


def _parquet(frame: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.write_parquet(file, compression="zstd", statistics=False)
    return file.getvalue()


def _landed(part: Answer | Kept, name: str, layout: pl.DataFrame) -> pl.DataFrame:
    frame = pl.read_parquet(io.BytesIO(part.content)).with_columns(
        fil=pl.lit(name), rad=pl.int_range(1, pl.len() + 1, dtype=pl.Int32)
    )
    if missing := [column for column in layout.columns if column not in frame.columns]:
        raise SourceChanged(
            subject=name,
            expected=f"kolonnene {', '.join(layout.columns)}",
            got=f"en fil som ble tatt inn uten {', '.join(missing)}",
            remedy="legg filen i mappen på nytt, så den tas inn etter dagens oppføring",
        )
    return frame.select(layout.columns)
