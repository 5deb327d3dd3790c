"""The canonical export of a run: text that is equal where the figures are equal.

A table is one CSV file: its columns in their order, one line a row, lines sorted, so that it does
not matter in which order rows were made. Doubles are written so that they read back exactly, lists
(the draws of a cell) as their values with spaces between. The tables of a run have no column that
tells a time of this machine. Parquet is not compared: its bytes change with the library.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import polars.selectors as cs

from tasks.table_folder import sha256

# Rows that are made into text at a time: a cell may be a list of thousands of draws.
_ROWS = 5_000


def text(frame: pl.DataFrame) -> bytes:
    """A table as canonical text.

    Args:
        frame: Columns of text, numbers, truth values, dates and lists of those.

    Returns:
        CSV in UTF-8, a line of headings first. Null is an empty cell, empty text is `""`.
    """
    plain = frame.lazy().with_columns(
        cs.string().str.replace_all("\\", r"\\", literal=True).str.replace_all("\n", r"\n")
    )
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    told = plain.with_columns(_joined(name) for name in lists)
    lines: list[bytes] = []
    for start in range(0, frame.height, _ROWS):
        part = told.slice(start, _ROWS).collect().write_csv(include_header=False)
        lines += part.encode().split(b"\n")[:-1]
    head = frame.clear().select(pl.all().cast(pl.String)).write_csv().encode()
    return head + b"".join(line + b"\n" for line in sorted(lines))


def hashes(tables: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    """SHA-256 of the canonical text of each table, by name."""
    return {name: sha256(text(frame)) for name, frame in sorted(tables.items())}


def export(tables: Mapping[str, pl.DataFrame], folder: Path) -> dict[str, str]:
    """Write each table as `<name>.csv`.

    Returns:
        SHA-256 of each file, by name of the table.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, frame in sorted(tables.items()):
        content = text(frame)
        (folder / f"{name}.csv").parent.mkdir(exist_ok=True)
        (folder / f"{name}.csv").write_bytes(content)
        found[name] = sha256(content)
    return found


def _joined(name: str) -> pl.Expr:
    """A list as text; a missing list stays missing, and a missing value in one is a question mark.

    An empty list is not a list of one empty text: it is written `[]`.
    """
    values = pl.col(name).list.eval(pl.element().cast(pl.String).fill_null("?"))
    empty = pl.col(name).list.len() == 0
    return pl.when(empty).then(pl.lit("[]")).otherwise(values.list.join(" ")).alias(name)
