"""Files about persons, laid in a folder: pseudonymised on the way in, so that raw rows never land.

What lands of a file is two parts. `persons/<file>` is the frame without names and addresses, with a
keyed hash in the place of the national identity number, to be deleted on a date. `totals/<file>`
counts its rows by the columns of `totals`, and stays: figures that a decision leans on do not
change when the persons are deleted.

A column that the layout does not name, and a value that its pattern does not admit, is refused:
what is let in is listed, not what is kept out. No refusal quotes a value. The hash is HMAC-SHA-256
(RFC 2104); identity numbers are checked as the National Population Register describes them
(https://skatteetaten.github.io/folkeregisteret-api-dokumentasjon/nytt-fodselsnummer-fra-2032/).
"""

from __future__ import annotations

import hmac
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

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.sources import Deviation
    from tasks.sources.transport import Client

# The version of what is done to a file; it stands with each part that was made by it.
RULE = "person_file/1"
PERSONS, TOTALS = "persons/", "totals/"
PERSON = "person"
WRONG_ID = "person_mangler"
COUNT = "antall"
# 128 bits of the hash: two persons in a million years of exports do not meet.
KEY_LETTERS = 32
FIRST_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
SECOND_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
# D-numbers have 4 added to the first digit; test persons have 40, 65 or 80 added to the month.
MONTHS_ADDED = (0, 40, 65, 80)


class Selection(BaseModel):
    """The layout of a file about persons, and how long its rows are kept.

    Attributes:
        file: Which files of the folder it is, as `sokere_*.csv`.
        identity: The column with the national identity number.
        columns: What is kept: each column with the pattern that the whole of a value must match.
        dropped: Columns that may be there and are dropped.
        totals: Columns whose combinations are counted, and the counts kept.
        keep_days: Days from the night that took a file until its persons are deleted.
        encoding: Python's name of the character set.
        separator: The character between two fields.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = Field(min_length=1)
    identity: str = Field(min_length=1)
    columns: dict[str, str] = Field(min_length=1)
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
        if unknown := sorted({*self.totals} - {*self.columns}):
            raise ValueError(f"totals nevner {', '.join(unknown)}, som ikke er i columns")
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
    rows = _read(name, content, selection)
    _check_columns(name, rows.columns, selection)
    kept = rows.select(list(selection.columns))
    for column, pattern in selection.columns.items():
        _check_values(name, kept[column], pattern)
    numbers = rows[selection.identity].str.replace_all(r"\s", "")
    persons = kept.insert_column(0, _wrong(numbers)).insert_column(0, _hashed(numbers, key))
    counted = kept.group_by(selection.totals).agg(pl.len().cast(pl.Int64).alias(COUNT))
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


def fingerprint(key: bytes) -> str:
    """What tells two keys apart and gives neither away."""
    return hmac.digest(key, b"tilbudsplan person key", "sha256").hex()[:16]


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
        file and combination. Both have `fil`, the file's name.

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
    persons = dict.fromkeys([PERSON, WRONG_ID, *selection.columns, "fil"], text)
    totals: dict[str, pl.DataType] = {**dict.fromkeys(selection.totals, text), COUNT: pl.Int64()}
    return {
        "rows": pl.DataFrame(schema=persons),
        "totals": pl.DataFrame(schema={**totals, "fil": text}),
    }


def updated(parts: Sequence[Answer]) -> datetime | None:
    """A file is as old as the night that took it."""
    return None


def _read(name: str, content: bytes, selection: Selection) -> pl.DataFrame:
    # A file without its header has a person's record in the first line: nothing of it is shown.
    header = content.partition(b"\n")[0].decode(selection.encoding, errors="replace")
    if selection.identity not in header.strip('\ufeff"\r').replace('"', "").split(
        selection.separator
    ):
        raise SourceChanged(
            subject=name,
            expected=f"en overskrift med kolonnen {selection.identity}, og skilletegnet "
            f"«{selection.separator}», i tegnsettet {selection.encoding}",
            got="en første linje uten den",
            remedy="ta ut filen på nytt med overskrift, eller rett oppføringen i data/catalogue",
        )
    layout = Delimited(
        path=name,
        columns=[selection.identity, *selection.columns],
        encoding=selection.encoding,
        separator=selection.separator,
    )
    file = Answer("file", "FILE", name, None, 0, {}, content, datetime.now(UTC))
    return parse_delimited([file], layout)["rows"]


def _check_columns(name: str, columns: Sequence[str], selection: Selection) -> None:
    known = {selection.identity, *selection.columns, *selection.dropped}
    if unknown := [column for column in columns if column not in known]:
        raise SourceChanged(
            subject=name,
            expected="bare kolonner som oppføringen i katalogen nevner",
            got=f"også {', '.join(unknown)}",
            remedy="sett kolonnen i columns om den skal beholdes, ellers i dropped",
        )


def _check_values(name: str, values: pl.Series, pattern: str) -> None:
    wrong = ~values.str.contains(f"^(?:{pattern})$").fill_null(value=True)
    if wrong.any():
        line = int(wrong.arg_true()[0]) + 2
        raise SourceChanged(
            subject=f"{name}, kolonne «{values.name}»",
            expected=f"verdier på formen {pattern}",
            got=f"{int(wrong.sum())} med annen form, den første i rad {line}",
            remedy="rett filen, eller mønsteret i katalogen; verdien vises ikke her",
        )


def _hashed(numbers: pl.Series, key: bytes) -> pl.Series:
    """The keyed hash of each number that is right, each number hashed once."""
    right = numbers.filter(_wrong(numbers).is_null()).unique()
    hashes = [hmac.digest(key, number.encode(), "sha256").hex()[:KEY_LETTERS] for number in right]
    return numbers.replace_strict(
        right, pl.Series(hashes, dtype=pl.String), default=None, return_dtype=pl.String
    ).alias(PERSON)


def _wrong(numbers: pl.Series) -> pl.Series:
    """Why a number is none: `mangler` or `ugyldig`; null where it is one."""
    digits = [pl.col("n").str.slice(i, 1).cast(pl.Int32, strict=False) for i in range(11)]
    shape = pl.col("n").str.contains(r"^[0-9]{11}$")
    first = sum((w * d for w, d in zip(FIRST_WEIGHTS, digits, strict=False)), pl.lit(0))
    second = sum((w * d for w, d in zip(SECOND_WEIGHTS, digits, strict=True)), pl.lit(0))
    day, month = digits[0] * 10 + digits[1], digits[2] * 10 + digits[3]
    born = pl.any_horizontal((month - added).is_between(1, 12) for added in MONTHS_ADDED)
    # A D-number has 40 added to the day.
    dated = (day.is_between(1, 31) | day.is_between(41, 71)) & born
    right = shape & dated & (first % 11 == 0) & (second % 11 == 0)
    reason = (
        pl.when(pl.col("n").is_null() | (pl.col("n") == ""))
        .then(pl.lit("mangler"))
        .when(right.fill_null(value=False))
        .then(None)
        .otherwise(pl.lit("ugyldig"))
    )
    return pl.DataFrame({"n": numbers}).select(reason.alias(WRONG_ID)).to_series()


def _parquet(frame: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.write_parquet(file, compression="zstd", statistics=False)
    return file.getvalue()


def _landed(part: Answer | Kept, name: str, layout: pl.DataFrame) -> pl.DataFrame:
    frame = pl.read_parquet(io.BytesIO(part.content)).with_columns(fil=pl.lit(name))
    if missing := [column for column in layout.columns if column not in frame.columns]:
        raise SourceChanged(
            subject=name,
            expected=f"kolonnene {', '.join(layout.columns)}",
            got=f"en fil som ble tatt inn uten {', '.join(missing)}",
            remedy="legg filen i mappen på nytt, så den tas inn etter dagens oppføring",
        )
    return frame.select(layout.columns)
