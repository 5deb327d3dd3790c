"""Establishments in the Central Coordinating Register for Legal Entities (Brreg), by municipality.

Wire facts: `GET {base}/underenheter?kommunenummer&fraAntallAnsatte&tilAntallAnsatte&size&page`
gives HAL pages from 0, no further than 10 000 units into a list; `kommunenummer` also finds units
whose other address is there. `antallAnsatte` is left out below five, though the filter knows it:
lists are therefore asked for by size, and the size stays with the unit.
`GET {base}/oppdateringer/underenheter` is the log of changes of the whole country, read on by
`oppdateringsid`.

The county is listed anew every `list_days`; on the other nights only the log is read, for what was
deleted or removed since. What lands is redacted (`brreg_redaction`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from tasks.errors import SourceChanged, SourceUnavailable
from tasks.sources import Deviation
from tasks.sources.brreg_redaction import (
    Gone,
    Page,
    changed,
    decode,
    redacted_changes,
    redacted_page,
)

if TYPE_CHECKING:
    from tasks.sources import Answer, Kept
    from tasks.sources.transport import Client

WINDOW = 10_000
HAL = ("application/json", "application/hal+json", "application/vnd.brreg.enhetsregisteret.v2+json")
# What every establishment should say; where half of them do not, a key has another name.
SAID = ("naeringskode1", "kommunenummer", "registreringsdatoEnhetsregisteret")
_CODE = pl.Struct({"kode": pl.String()})
_UNIT = {
    "organisasjonsnummer": pl.String(),
    "overordnetEnhet": pl.String(),
    "organisasjonsform": _CODE,
    "naeringskode1": _CODE,
    "naeringskode2": _CODE,
    "naeringskode3": _CODE,
    "antallAnsatte": pl.Int64(),
    "harRegistrertAntallAnsatte": pl.Boolean(),
    "beliggenhetsadresse": pl.Struct({"kommunenummer": pl.String()}),
    "oppstartsdato": pl.String(),
    "registreringsdatoEnhetsregisteret": pl.String(),
    "nedleggelsesdato": pl.String(),
    "slettedato": pl.String(),
    "konstruert": pl.Boolean(),
}


class Strict(BaseModel):
    """Unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Size(Strict):
    """Establishments with so many employees; without `most`, and more."""

    least: int = Field(ge=0)
    most: int | None = Field(default=None, ge=0)

    def __str__(self) -> str:
        return f"{self.least}-{'' if self.most is None else self.most}"


class Selection(Strict):
    """Whose establishments, and how often they are listed.

    Attributes:
        municipalities: Codes of today's municipalities.
        sizes: Lists that each municipality is asked for in. They must not overlap, and the units of
            none may be more than 10 000 in a municipality.
        page_size: Units a page.
        list_days: Nights that a list stands before the next.
    """

    municipalities: tuple[Annotated[str, StringConstraints(pattern=r"^\d{4}$")], ...] = Field(
        min_length=1
    )
    sizes: tuple[Size, ...] = (Size(least=1, most=4), Size(least=5))
    page_size: int = Field(default=1000, ge=1, le=WINDOW)
    list_days: int = Field(default=28, ge=1)

    @model_validator(mode="after")
    def _lists_do_not_overlap(self) -> Selection:
        ends = [-1 if size.most is None else size.most for size in self.sizes]
        starts = [size.least for size in self.sizes]
        following = all(-1 < end < start for end, start in zip(ends, starts[1:], strict=False))
        if (
            not self.sizes
            or not following
            or any(e < s for e, s in zip(ends, starts, strict=True) if e >= 0)
        ):
            raise ValueError("sizes skal være stigende intervaller som ikke overlapper")
        if len(set(self.municipalities)) != len(self.municipalities):
            raise ValueError("en kommune er nevnt to ganger")
        return self


def proceed(
    client: Client, base_url: str, selection: Selection, as_of: date, before: Sequence[Kept]
) -> Iterator[Sequence[Answer]]:
    """A new list as one step where the last is old, then the log page by page.

    Raises:
        SourceUnavailable: The register changed while it was listed: list it again.
        SourceChanged: An answer is of another form, or a list is longer than may be read.
    """
    listed = _listed(before)
    if listed is None or not 0 <= (as_of - listed).days < selection.list_days:
        answers = list(fetch(client, base_url, selection, as_of))
        # Before it lands: what is redacted away cannot be read again under another name.
        parse(answers, selection)
        yield answers
        listed = as_of
    logs = [kept for kept in before if kept.role.startswith("log/")]
    last = decode(logs[-1].content, Gone, logs[-1].role).last if logs else None
    # A list shows the register of its own day; a day's overlap costs nothing.
    start = {"dato": f"{listed - timedelta(days=1)}T00:00:00.000Z"}
    while True:
        if last is not None:
            start = {"oppdateringsid": str(last + 1)}
        answer = client.get(
            f"{base_url}/oppdateringer/underenheter",
            role=f"log/{as_of}",
            params={**start, "size": str(WINDOW)},
            expect=HAL,
        )
        kept, lines = redacted_changes(answer)
        if not lines:
            return
        ids = [line.oppdateringsid for line in lines]
        if ids != sorted(set(ids)) or (last is not None and ids[0] <= last):
            raise changed("endringer i stigende rekkefølge", f"{ids[0]}–{ids[-1]} etter {last}")
        last = ids[-1]
        yield [replace(kept, role=f"log/{as_of}/{last}")]
        if len(lines) < WINDOW:
            return


def fetch(client: Client, base_url: str, selection: Selection, as_of: date) -> Iterator[Answer]:
    """The whole county: roles `list/<date>/<municipality>/<size>/<page>`."""
    for municipality in selection.municipalities:
        for size in selection.sizes:
            role = f"list/{as_of}/{municipality}/{size}"
            yield from _list(client, base_url, selection, municipality, size, role)


def parse(answers: Sequence[Answer | Kept], selection: Selection) -> dict[str, pl.DataFrame]:
    """The newest list, without what the log says is gone since.

    Returns:
        `rows`: one row per establishment in the municipalities: the register's keys, codes without
        their names, `kommunenummer` of the place where it lies, `fraAntallAnsatte` and
        `tilAntallAnsatte` of the list it was on, and `listet`, the list's date.

    Raises:
        SourceChanged: An essential key is missing, or there is no establishment.
        SourceUnavailable: An establishment is on two lists: it changed while they were read.
    """
    newest = _listed(answers)
    if newest is None:
        raise changed("en liste over underenheter", "ingen")
    start = f"list/{newest}/"
    first = next(at for at, answer in enumerate(answers) if answer.role.startswith(start))
    frames = [_frame(answer) for answer in answers[first:] if answer.role.startswith(start)]
    frame = pl.concat(frames).with_columns(pl.lit(newest).alias("listet"))
    _refuse_silence(frame)
    # The register matches other addresses too: what lies elsewhere is on the list by mistake.
    frame = frame.filter(pl.col("kommunenummer") == pl.col("asked")).drop("asked")
    repeated = frame.filter(pl.col("organisasjonsnummer").is_duplicated())
    if repeated.height:
        raise SourceUnavailable(
            subject="Enhetsregisteret",
            expected="hver underenhet på én liste",
            got=f"{repeated['organisasjonsnummer'][0]} på flere, i alt {repeated.height} rader",
            remedy="registeret endret seg mens det ble lest: hent det på nytt",
        )
    logs = [answer for answer in answers[first:] if answer.role.startswith("log/")]
    gone = [c.organisasjonsnummer for a in logs for c in decode(a.content, Gone, a.role).gone]
    return {"rows": frame.filter(~pl.col("organisasjonsnummer").is_in(gone))}


def updated(answers: Sequence[Answer]) -> datetime | None:
    """A list carries no time stamp of its own."""
    return None


def probe(
    client: Client, base_url: str, selection: Selection, as_of: date, before: Iterable[Kept]
) -> Iterator[Deviation]:
    """Whether one short page is as agreed; the county is not listed for it."""
    short = selection.model_copy(update={"page_size": 20})
    where, size = selection.municipalities[0], selection.sizes[-1]
    try:
        answer, _ = _page(client, base_url, short, where, size, f"list/{as_of}/{where}/{size}", 0)
        _refuse_silence(_frame(answer))
    except SourceChanged as error:
        yield Deviation(error.expected, error.got, error.remedy)


def _list(
    client: Client, base_url: str, selection: Selection, municipality: str, size: Size, role: str
) -> Iterator[Answer]:
    totals: set[int] = set()
    received, number, pages = 0, 0, 1
    while number < pages:
        answer, found = _page(client, base_url, selection, municipality, size, role, number)
        total = found.page.total_elements
        if total > WINDOW:
            raise changed(f"høyst {WINDOW} enheter på listen {role} (del opp sizes)", f"{total}")
        totals.add(total)
        received += len(found.embedded.underenheter)
        pages = -(-total // selection.page_size)
        number += 1
        yield answer
    if totals != {received}:
        raise SourceUnavailable(
            subject="Enhetsregisteret",
            expected=f"at sidene på listen {role} gir totalElements",
            got=f"{received} enheter, mens totalElements var {', '.join(map(str, sorted(totals)))}",
            remedy="registeret endret seg mens det ble lest: hent det på nytt",
        )


def _page(
    client: Client, base_url: str, selection: Selection, municipality: str, size: Size,
    role: str, number: int,
) -> tuple[Answer, Page]:  # fmt: skip
    most = {} if size.most is None else {"tilAntallAnsatte": str(size.most)}
    asked = {"kommunenummer": municipality, "fraAntallAnsatte": str(size.least), **most}
    answer = client.get(
        f"{base_url}/underenheter",
        role=f"{role}/{number:03d}",
        params={**asked, "size": str(selection.page_size), "page": str(number)},
        expect=HAL,
    )
    redacted, found = redacted_page(answer)
    if found.page.number != number:
        raise changed(f"siden {role}/{number:03d}", f"page.number = {found.page.number}")
    return redacted, found


def _listed(answers: Sequence[Answer | Kept]) -> date | None:
    """The date of the newest list."""
    dates = [a.role.split("/")[1] for a in answers if a.role.startswith("list/")]
    return date.fromisoformat(max(dates)) if dates else None


def _frame(answer: Answer | Kept) -> pl.DataFrame:
    """The units of one page, flat, beside what the page was asked for."""
    _, _, asked, size, _ = answer.role.split("/")
    least, _, most = size.partition("-")
    decode(answer.content, Page, answer.role)
    units: list[dict[str, Any]] = msgspec.json.decode(answer.content)["_embedded"]["underenheter"]
    codes = ("organisasjonsform", "naeringskode1", "naeringskode2", "naeringskode3")
    return (
        pl.from_dicts(units, schema=_UNIT)
        .with_columns(
            *[pl.col(name).struct.field("kode").alias(name) for name in codes],
            pl.col("beliggenhetsadresse").struct.field("kommunenummer"),
            pl.col("konstruert").fill_null(False),
            pl.lit(asked).alias("asked"),
            pl.lit(int(least), pl.Int64()).alias("fraAntallAnsatte"),
            pl.lit(int(most) if most else None, pl.Int64()).alias("tilAntallAnsatte"),
        )
        .drop("beliggenhetsadresse")
    )


def _refuse_silence(frame: pl.DataFrame) -> None:
    """A key that got another name is missing everywhere, and a missing key alone is no fault."""
    if not frame.height:
        raise changed("minst én underenhet", "ingen på noen av listene")
    silent = [name for name in SAID if frame[name].null_count() * 2 > frame.height]
    visible = frame.filter(pl.col("fraAntallAnsatte") >= 5)
    if visible.height and visible["antallAnsatte"].null_count() * 2 > visible.height:
        silent.append("antallAnsatte")
    if silent:
        raise changed(f"{', '.join(silent)} på underenhetene", "at de fleste er uten")
