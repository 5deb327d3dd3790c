"""What people have said and decided, from the journal into the tables of `journal`.

The journal holds it; these tables are views of it, made anew each night for marts to read. Nothing
that names a person who filled in a form is among them.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tasks import cases, indicators
from tasks.forms import tables
from tasks.journal import Entry


def frames(entries: Sequence[Entry], *, constructed: bool) -> dict[str, pl.DataFrame]:
    """The tables of `journal` as of the last of the entries, typed also where nobody said a word.

    Args:
        entries: The journal up to the moment wanted, in order.
        constructed: Whether the home holds the bundled sample, so that all of it is made up.

    Returns:
        By table name; every table has the column `constructed`.
    """
    found = tables.frames(entries) | cases.frames(entries) | indicators.frames(entries)
    return {
        name: frame.with_columns(pl.lit(constructed).alias("constructed"))
        for name, frame in found.items()
    }
