"""The national register of schools (NSR): a list of units, page by page.

Wire facts: `GET {base}/enheter?sidenummer=1&antallPerSide=1000` answers `Sidenummer`,
`AntallSider`, `TotaltAntallEnheter` and `EnhetListe` (https://data-nsr.udir.no).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from tasks.errors import SourceChanged, SourceUnavailable

if TYPE_CHECKING:
    from tasks.sources import Answer
    from tasks.sources.transport import Client

# A register of some tens of thousands of units has no more pages than this, at any page size asked.
MOST_PAGES = 1000


class Selection(BaseModel):
    """What a dataset asks NSR for: every unit, `page_size` at a time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    page_size: int = Field(default=1000, ge=1, le=10_000)


class _Page(msgspec.Struct, rename="pascal"):
    sidenummer: int
    antall_sider: int
    totalt_antall_enheter: int
    enhet_liste: list[dict[str, Any]]


class _Unit(msgspec.Struct, rename="pascal"):
    """The keys that must be there, and their types; a unit carries others too."""

    organisasjonsnummer: str
    navn: str
    # A school abroad may have neither county nor municipality.
    fylkesnummer: str | None
    kommunenummer: str | None
    er_aktiv: bool
    er_videregaaende_skole: bool
    # Public clients of the paged list read the kind of owner under these names; none is recorded.
    er_offentlig_skole: bool | None = None
    er_privatskole: bool | None = None


_FLAGS = ("ErAktiv", "ErVideregaaendeSkole", "ErOffentligSkole", "ErPrivatskole")
SCHEMA = {
    key: pl.Boolean() if key in _FLAGS else pl.String() for key in _Unit.__struct_encode_fields__
}


def fetch(client: Client, base_url: str, selection: Selection, as_of: date) -> Iterator[Answer]:
    """Every page in order, roles `page-001` and on.

    Raises:
        SourceUnavailable: The register changed while it was read: read it again.
        SourceChanged: A page is not of the agreed form.
    """
    pages: list[_Page] = []
    last = 1
    while len(pages) < last:
        number = len(pages) + 1
        answer = client.get(
            f"{base_url}/enheter",
            role=f"page-{number:03d}",
            params={"sidenummer": str(number), "antallPerSide": str(selection.page_size)},
        )
        page = _decode(answer.content, number)
        pages.append(page)
        last = page.antall_sider
        if last > MOST_PAGES:
            raise _changed(f"høyst {MOST_PAGES} sider", f"AntallSider = {last}")
        yield answer
    _refuse_changed_midway(pages)


def parse(answers: Sequence[Answer], selection: Selection) -> dict[str, pl.DataFrame]:
    """All units.

    Returns:
        `rows`: one row per unit (organisation number), the keys of `EnhetListe` as columns; keys
        that only some units carry are null for the others.

    Raises:
        SourceUnavailable: The pages do not add up to one register.
        SourceChanged: A required key is missing or of another type.
    """
    pages = [_decode(answer.content, number) for number, answer in enumerate(answers, start=1)]
    _refuse_changed_midway(pages)
    units = [unit for page in pages for unit in page.enhet_liste]
    if not units:
        raise _changed("minst én enhet", "en tom liste")
    try:
        msgspec.convert(units, list[_Unit])
        frame = pl.from_dicts(units, schema_overrides=SCHEMA, infer_schema_length=None)
    except (msgspec.ValidationError, pl.exceptions.PolarsError, TypeError, OverflowError) as error:
        raise _changed(f"enheter med {', '.join(SCHEMA)}", f"noe annet ({error})") from error
    absent = [key for key in SCHEMA if key not in frame.columns]
    return {
        "rows": frame.with_columns(pl.lit(None, dtype=SCHEMA[key]).alias(key) for key in absent)
    }


def updated(answers: Sequence[Answer]) -> datetime | None:
    """The list of units carries no time stamp of its own."""
    return None


def _decode(content: bytes, number: int) -> _Page:
    try:
        page = msgspec.json.decode(content, type=_Page)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise _changed(
            "Sidenummer, AntallSider, TotaltAntallEnheter og EnhetListe",
            f"noe annet på side {number} ({error})",
        ) from error
    if page.sidenummer != number:
        raise _changed(f"side {number}", f"Sidenummer = {page.sidenummer}")
    return page


def _refuse_changed_midway(pages: Sequence[_Page]) -> None:
    totals = sorted({page.totalt_antall_enheter for page in pages})
    received = sum(len(page.enhet_liste) for page in pages)
    numbers = [unit.get("Organisasjonsnummer") for page in pages for unit in page.enhet_liste]
    # What stands there may be anything yet; the types are looked at when all pages are together.
    repeated = received - len(set(map(repr, numbers))) if None not in numbers else 0
    if totals != [received] or repeated:
        raise SourceUnavailable(
            subject="NSR",
            expected="at sidene til sammen gir TotaltAntallEnheter, hver enhet én gang",
            got=f"{received} enheter på {len(pages)} sider, {repeated} av dem gjentatt, mens "
            f"TotaltAntallEnheter var {', '.join(map(str, totals)) or 'ikke oppgitt'}",
            remedy="registeret endret seg mens det ble lest: hent det på nytt",
        )


def _changed(expected: str, got: str) -> SourceChanged:
    return SourceChanged(
        subject="NSR",
        expected=expected,
        got=got,
        remedy="se på det landede svaret og hold det mot beskrivelsen på data-nsr.udir.no",
    )
