"""What lands of the Central Coordinating Register: an allow-list, since a name may be a person's.

The rule `brreg/1`. A sole proprietor's enterprise bears the owner's name and often lies at home,
and the legal form that would tell stands on the parent: of an establishment it is always BEDR or
AAFY. So no name, address, telephone or e-mail lands of any establishment; numbers, codes and dates
do, each held to its form. Of the log of changes, only what was deleted or removed lands, and the
last number of the page, to read on from. A change to what is kept is a new number in `RULE`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from tasks.errors import SourceChanged

if TYPE_CHECKING:
    from tasks.sources import Answer

RULE = "brreg/1"
RULE_HEADER = "redaction"  # of a landed part: the rule that its bytes were made under
GONE = ("Sletting", "Fjernet")

Number = Annotated[str, Meta(pattern=r"^\d{9}$")]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$")]
Instant = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d[0-9:.Z+-]*$")]
Kind = Annotated[str, Meta(pattern=r"^(Ny|Endring|Sletting|Fjernet|Ukjent)$")]
Count = Annotated[int, Meta(ge=0, le=2_000_000_000)]


class Form(Struct):
    """The legal form."""

    kode: Annotated[str, Meta(pattern=r"^[A-ZÆØÅ]{2,4}$")]


class Industry(Struct):
    """An industry code of five digits."""

    kode: Annotated[str, Meta(pattern=r"^\d\d\.\d{3}$")]


class Place(Struct):
    """Where an establishment lies: the municipality, and nothing finer."""

    kommunenummer: Annotated[str, Meta(pattern=r"^\d{4}$")] | None = None


class Unit(Struct, rename="camel", omit_defaults=True):
    """One establishment, without name and address."""

    organisasjonsnummer: Number
    overordnet_enhet: Number | None = None
    organisasjonsform: Form | None = None
    naeringskode1: Industry | None = None
    naeringskode2: Industry | None = None
    naeringskode3: Industry | None = None
    antall_ansatte: Count | None = None
    har_registrert_antall_ansatte: bool | None = None
    beliggenhetsadresse: Place | None = None
    oppstartsdato: Day | None = None
    registreringsdato_enhetsregisteret: Day | None = None
    nedleggelsesdato: Day | None = None
    slettedato: Day | None = None
    konstruert: bool = False


class Numbers(Struct, rename="camel"):
    """Where a page stands among the others."""

    number: Count
    total_elements: Count
    total_pages: Count


class Units(Struct):
    """The units of a page."""

    underenheter: list[Unit]


class Page(Struct, rename={"embedded": "_embedded"}):
    """One page of a list; the units are absent where there is none."""

    page: Numbers
    embedded: Units = msgspec.field(default_factory=lambda: Units([]))


class Change(Struct):
    """One line of the log of changes."""

    oppdateringsid: int
    dato: Instant
    organisasjonsnummer: Number
    endringstype: Kind


class Changes(Struct, rename="camel"):
    """The lines of a page of the log."""

    oppdaterte_underenheter: list[Change]


class ChangePage(Struct, rename={"embedded": "_embedded"}):
    """One page of the log of changes; nothing is embedded at its end."""

    page: Numbers
    embedded: Changes = msgspec.field(default_factory=lambda: Changes([]))


class Gone(Struct):
    """What lands of a page of the log.

    Attributes:
        last: Number of the last change on the page, of any kind.
        gone: The deletions and removals.
    """

    last: int
    gone: list[Change]


Form_ = TypeVar("Form_")


def redacted_page(answer: Answer) -> tuple[Answer, Page]:
    """A page of the list with nothing but what may land.

    Raises:
        SourceChanged: The page is of another form; nothing of its text is shown.
    """
    found = decode(answer.content, Page, answer.role)
    return _with(answer, msgspec.json.encode(found)), found


def redacted_changes(answer: Answer) -> tuple[Answer, Sequence[Change]]:
    """A page of the log with deletions and removals alone, and all its lines for the caller."""
    found = decode(answer.content, ChangePage, answer.role)
    lines = found.embedded.oppdaterte_underenheter
    if found.page.total_elements and not lines:
        raise changed(f"{found.page.total_elements} endringer under _embedded", "ingen")
    last = lines[-1].oppdateringsid if lines else 0
    kept = Gone(last, [line for line in lines if line.endringstype in GONE])
    return _with(answer, msgspec.json.encode(kept)), lines


def decode(content: bytes, form: type[Form_], where: str) -> Form_:
    """What a page holds, of the agreed form.

    Raises:
        SourceChanged: naming the path in the page; never its text, which may hold a name.
    """
    try:
        return msgspec.json.decode(content, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        reason = str(error) if isinstance(error, msgspec.DecodeError) else "et annet tegnsett"
        raise changed(f"{where} som JSON med page og _embedded", f"noe annet ({reason})") from None


def changed(expected: str, got: str) -> SourceChanged:
    """The refusal of an answer that a person must look at."""
    return SourceChanged(
        subject="Enhetsregisteret",
        expected=expected,
        got=got,
        remedy="hold svaret mot beskrivelsen på data.brreg.no/enhetsregisteret/api/dokumentasjon",
    )


def _with(answer: Answer, content: bytes) -> Answer:
    return replace(answer, content=content, headers={**answer.headers, RULE_HEADER: RULE})
