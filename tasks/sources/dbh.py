"""The Database for Statistics on Higher Education (DBH) of HK-dir: asked by POST, flat tables back.

Wire facts: `POST {base}/Tabeller/hentJSONTabellData` with the question as JSON answers an array of
flat objects whose values are all text, or 204 where nothing matches. Tables about persons are asked
for in sums (`groupBy`), code lists and registers row by row (`variabler`), never both. A caller
without a token is given rounded figures, and this client has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from tasks.errors import SourceChanged
from tasks.sources.body import Refused

if TYPE_CHECKING:
    from tasks.sources import Answer
    from tasks.sources.transport import Client

ADDRESS = "Tabeller/hentJSONTabellData"
SPACES = r"[\s\u00a0\u202f\u2009]"
WHOLE = r"^-?[0-9]{1,15}([.]0{1,9})?$"


class Strict(BaseModel):
    """Unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Filter(Strict):
    """Which values of a variable are asked for.

    Attributes:
        variable: The variable, as DBH names it.
        filter: How `values` are meant: these, all, the newest n, from-to, below, above, a pattern.
        values: Codes, or a number for `top`; `all` takes `*`.
        exclude: Values left out. DBH does not take it with `item`; for the others an empty text,
            as in its own examples.
    """

    variable: str
    filter: Literal["item", "all", "top", "between", "lessthan", "greaterthan", "like"]
    values: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Filter:
        if self.filter == "item" and self.exclude is not None:
            raise ValueError("exclude kan ikke brukes sammen med item")
        wanted = {"between": 2, "top": 1, "lessthan": 1, "greaterthan": 1, "all": 1}
        if len(self.values) != wanted.get(self.filter, len(self.values)) or not self.values:
            raise ValueError(
                f"{self.filter} skal ha {wanted.get(self.filter, 'minst 1')} verdi(er)"
            )
        if (self.filter == "all") != (self.values == ("*",)):
            raise ValueError("alle verdier skrives filter = 'all' uten values")
        return self

    def body(self) -> dict[str, Any]:
        """The filter as DBH takes it."""
        chosen: dict[str, Any] = {"filter": self.filter, "values": list(self.values)}
        if self.filter != "item":
            chosen["exclude"] = list(self.exclude if self.exclude is not None else ("",))
        return {"variabel": self.variable, "selection": chosen}


class Selection(Strict):
    """One table and what to ask of it.

    Attributes:
        table: DBH's number of the table; none where it is not known yet.
        group_by: Variables that figures are summed by; or
        variables: Variables to list row by row, `*` for all of them.
        sort_by: The order of rows.
        filter: Restrictions, in order.
        limit: Most rows that DBH is to give. An answer that long is taken as cut.
        numbers: Columns that are whole numbers.
        text: Further columns that must be there.
        optional: Columns that are made without values where the answer has none.
        marks: What may stand where a figure is withheld.
        decimal_key: Under which name the decimal sign is asked for; clients differ.
        decimal: The decimal sign.
        api_version: Version of DBH's interface.
        status_line: `J` asks for a line of status among the rows.
        code_text: `J` asks for names beside codes.
    """

    table: int | None = Field(default=None, ge=1)
    group_by: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    sort_by: tuple[str, ...] = ()
    filter: tuple[Filter, ...] = ()
    limit: int | Literal["*"] = 1_000_000
    numbers: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    marks: tuple[str, ...] = ("*", "-", ":", ".", "..", "<5")
    decimal_key: Literal["desimal_separator", "decimal_separator"] = "desimal_separator"
    decimal: Literal[".", ","] = "."
    api_version: int = 1
    status_line: Literal["N"] = "N"
    code_text: Literal["J", "N"] = "J"

    @model_validator(mode="after")
    def _asks_in_one_way(self) -> Selection:
        if bool(self.group_by) == bool(self.variables):
            raise ValueError("oppgi enten group_by eller variables, og aldri begge")
        if self.group_by and not self.numbers:
            raise ValueError("group_by summerer tall: oppgi dem i numbers")
        named = [*self.group_by, *self.text, *self.optional, *self.numbers]
        if len(set(named)) != len(named):
            raise ValueError("en kolonne er nevnt to ganger")
        return self

    @property
    def required(self) -> tuple[str, ...]:
        """Columns that an answer must have."""
        listed = tuple(name for name in self.variables if name != "*")
        return tuple(dict.fromkeys((*self.group_by, *listed, *self.text, *self.numbers)))

    @property
    def subject(self) -> str:
        """The table, as refusals name it."""
        return f"DBH-tabell {self.table}" if self.table else "DBH-tabell uten nummer"


def question(selection: Selection) -> dict[str, Any]:
    """The body of the request, its keys in the order that DBH's examples have them."""
    body: dict[str, Any] = {
        "tabell_id": selection.table,
        "api_versjon": selection.api_version,
        "statuslinje": selection.status_line,
        "begrensning": str(selection.limit),
        "kodetekst": selection.code_text,
        selection.decimal_key: selection.decimal,
    }
    if selection.group_by:
        body["groupBy"] = list(selection.group_by)
    else:
        body["variabler"] = list(selection.variables)
    body["sortBy"] = list(selection.sort_by)
    body["filter"] = [chosen.body() for chosen in selection.filter]
    return body


def fetch(client: Client, base_url: str, selection: Selection, as_of: date) -> Iterator[Answer]:
    """The table, in role `table`.

    Raises:
        Refused: DBH does not take the question, or no table is known to ask for (as 404: an
            awaited dataset of that kind is shown as awaited).
    """
    if selection.table is None:
        raise Refused(
            status=404,
            said="",
            subject=selection.subject,
            expected="et tabellnummer i DBH",
            got="ingen, fordi det ikke er kjent",
            remedy="spør HK-dir hvilken tabell det er, og sett «table» i data/catalogue/dbh.toml",
        )
    yield client.post_query(
        f"{base_url}/{ADDRESS}", role="table", json=question(selection), none_is_an_answer=True
    )


def parse(answers: Sequence[Answer], selection: Selection) -> dict[str, pl.DataFrame]:
    """The table as DBH gives it, figures as numbers.

    Returns:
        `rows`: one row per object of the answer; `numbers` Int64 with `<name>_mark` (what stands
        instead of a figure), everything else text, and `rounded`, true: DBH rounds figures for
        callers without a token. No rows where DBH answers 204.

    Raises:
        SourceChanged: A column is missing, a figure is no whole number (row and column are named),
            the answer is cut at `limit`, or it is no table at all.
    """
    content = b"".join(answer.content for answer in answers).removeprefix(b"\xef\xbb\xbf")
    if not content.strip():
        return empty(selection)
    rows = _objects(content, selection)
    if not rows:
        return empty(selection)
    if selection.limit != "*" and len(rows) >= selection.limit:
        raise _changed(
            selection, f"færre enn {selection.limit} rader", f"{len(rows)}, så svaret er kuttet"
        )
    columns = {name: pl.String() for name in dict.fromkeys(key for row in rows for key in row)}
    missing = [name for name in selection.required if name not in columns]
    if missing:
        raise _changed(
            selection,
            f"kolonnene {', '.join(selection.required)}",
            f"«{', '.join(columns)[:300]}» (mangler {', '.join(missing)})",
        )
    frame = pl.from_dicts(rows, schema=columns)
    absent = [name for name in selection.optional if name not in columns]
    frame = frame.with_columns(pl.lit(None, pl.String()).alias(name) for name in absent)
    frame = frame.with_columns(pl.all().str.strip_chars().replace("", None))
    for name in selection.numbers:
        frame = _with_number(frame, name, selection)
    return {"rows": frame.with_columns(pl.lit(True).alias("rounded"))}


def empty(selection: Selection) -> dict[str, pl.DataFrame]:
    """What `parse` gives where nothing matches, or where the table is not known yet."""
    schema: dict[str, Any] = {}
    for name in dict.fromkeys((*selection.required, *selection.optional)):
        schema[name] = pl.Int64() if name in selection.numbers else pl.String()
    schema |= {f"{name}_mark": pl.String() for name in selection.numbers}
    return {"rows": pl.DataFrame(schema={**schema, "rounded": pl.Boolean()})}


def updated(answers: Sequence[Answer]) -> datetime | None:
    """A table carries no time stamp of its own."""
    return None


def _objects(content: bytes, selection: Selection) -> list[dict[str, str | None]]:
    try:
        rows = msgspec.json.decode(content, type=list[dict[str, str | None]])
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise _changed(
            selection,
            "en liste av rader der alle verdier er tekst",
            f"{content[:80]!r} ({error})",
        ) from error
    return rows


def _with_number(frame: pl.DataFrame, name: str, selection: Selection) -> pl.DataFrame:
    said = pl.col(name).str.replace_all(SPACES, "")
    if selection.decimal == ",":
        said = said.str.replace(",", ".", literal=True)
    is_mark = pl.col(name).is_in(list(selection.marks))
    wrong = frame.select(
        (~is_mark & said.str.contains(WHOLE)).fill_null(False).alias("ok"), is_mark
    )
    bad = (~wrong["ok"] & ~wrong[name].fill_null(False)).arg_true()
    if len(bad):
        at = int(bad[0])
        raise _changed(
            selection,
            f"hele tall i «{name}», eller ett av {' '.join(selection.marks)}",
            f"«{frame[name][at]}» i rad {at + 1}"
            if frame[name][at]
            else f"ingenting i rad {at + 1}",
        )
    number = pl.when(~is_mark).then(said).cast(pl.Float64).cast(pl.Int64)
    mark = pl.when(is_mark).then(pl.col(name)).alias(f"{name}_mark")
    return frame.with_columns(number.alias(name), mark)


def _changed(selection: Selection, expected: str, got: str) -> SourceChanged:
    return SourceChanged(
        subject=selection.subject,
        expected=expected,
        got=got,
        remedy="se på det landede svaret, og rett utvalget i data/catalogue/dbh.toml",
    )
