"""What lands of NAV's vacancy feed: an allow-list, so that nobody's name has to be recognised.

The rule `nav_feed/1`. A key that is not named here never lands: neither `contactList`, nor the
advertisement's text, links and address, nor titles and the name of the employer, which may be a
person's. What does land is codes, instants, numbers and words of short lists, each held to a form
that has room for no address or telephone number; a value of another form becomes null. Codes of
occupation are kept for STYRK-08 alone. A change to what is kept is a new number in `RULE`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from tasks.errors import SourceChanged
from tasks.sources.garbled import GARBLED

if TYPE_CHECKING:
    from tasks.sources import Answer

RULE = "nav_feed/1"
RULE_HEADER = "redaction"  # of a landed part: the rule that its bytes were made under
GONE = "NOT_FOUND"  # status of a vacancy that the source no longer gives details of

Identity = Annotated[str, Meta(pattern=r"^[0-9A-Za-z-]{1,64}$")]
Vacancy = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$")]
Status = Annotated[str, Meta(pattern=r"^[A-Z_]{1,30}$")]
Instant = Annotated[
    str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$")
]
PageAddress = Annotated[str, Meta(pattern=r"^(/api/v1/feed/[0-9A-Za-z-]{1,64})?$")]

# Words of short lists and names of places: letters, no digits, no @.
_WORDS = re.compile(r"[^\W\d_](?:[^\W\d_]|[ .,'()/&-]){0,79}")
_FORMS = {
    "orgnr": re.compile(r"\d{9}"),
    "positioncount": re.compile(r"\d{1,4}"),
    "postalCode": re.compile(r"\d{4}"),
    "applicationDue": re.compile(r"\d{4}-\d\d-\d\d"),
    "code": re.compile(r"\d{1,4}(?:\.\d{1,3})?"),
}


class Entry(Struct, rename={"changed": "sistEndret"}):
    """`_feed_entry` of an item."""

    uuid: Vacancy
    status: Status
    changed: Instant
    municipal: str | None = None
    konstruert: bool = False


class Item(Struct, rename={"entry": "_feed_entry"}):
    """One line of the log."""

    entry: Entry


class Page(Struct):
    """One page of the log; `next_url` is null at its tip."""

    id: Identity
    next_url: PageAddress | None
    items: list[Item]


class Location(Struct, rename={"postal_code": "postalCode"}):
    """A place of work, without street and town."""

    country: str | None = None
    county: str | None = None
    municipal: str | None = None
    postal_code: str | None = None


class Category(Struct, rename={"kind": "categoryType"}):
    """An occupation."""

    kind: str
    code: str | None
    score: float | None = None


class Levels(Struct):
    """NAV's own grouping of the occupation."""

    level1: str | None = None
    level2: str | None = None


class Employer(Struct):
    """The employer, by number alone."""

    orgnr: str | None = None


class Advertisement(
    Struct,
    rename={
        "locations": "workLocations",
        "categories": "categoryList",
        "levels": "occupationCategories",
        "application_due": "applicationDue",
    },
):
    """What stands of the advertisement."""

    categories: list[Category]
    locations: list[Location]
    published: Instant | None = None
    expires: Instant | None = None
    updated: Instant | None = None
    levels: list[Levels] | None = None
    employer: Employer | None = None
    positioncount: str | int | None = None
    application_due: str | None = None
    extent: str | None = None
    engagementtype: str | None = None
    sector: str | None = None


class Detail(Struct, rename={"changed": "sistEndret"}):
    """The answer about one vacancy; without advertisement where it is inactive or gone."""

    uuid: Vacancy
    status: Status
    changed: Instant
    ad_content: Advertisement | None = None
    konstruert: bool = False


class _WireDetail(Struct, rename={"changed": "sistEndret"}):
    """The wire says `ad_content` where the publisher's documentation says `json`."""

    uuid: Vacancy
    status: Status
    changed: Instant
    ad_content: Advertisement | UnsetType | None = UNSET
    json: Advertisement | UnsetType | None = UNSET
    konstruert: bool = False


_page = msgspec.json.Decoder(Page)
_detail = msgspec.json.Decoder(Detail)
_wire_detail = msgspec.json.Decoder(_WireDetail)


def page(content: bytes, place: str) -> Page:
    """Read a page, keeping what the rule keeps.

    Args:
        content: The page, as it came or as it landed.
        place: What to call it in a refusal.

    Raises:
        SourceChanged: a key is missing or of another form; the path to it is told, its value not.
    """
    try:
        return _page.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise changed("id, next_url og items med _feed_entry", place, _said(error)) from None


def detail(content: bytes, place: str) -> Detail:
    """Read details as they landed; arguments and refusal are those of `page`."""
    try:
        return _detail.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise changed("uuid, status, sistEndret og ad_content", place, _said(error)) from None


def redacted_page(answer: Answer) -> tuple[Page, Answer]:
    """A page as it may land."""
    read = page(answer.content, "siden")
    _refuse_no_instant("siden", *(item.entry.changed for item in read.items))
    garbled = sum(bool(re.search(GARBLED, item.entry.municipal or "")) for item in read.items)
    if garbled * 10 > len(read.items):
        # One that is garbled becomes null like any other form; many are a fault of the source.
        raise changed("kommuner i riktig tegnsett", "siden", f"tegn som «Ã¸» i {garbled} av dem")
    for item in read.items:
        item.entry.municipal = _words(item.entry.municipal)
    read.next_url = read.next_url or None
    return read, _landed(answer, f"page/{read.id}", read)


def redacted_detail(answer: Answer, uuid: str) -> tuple[Detail, Answer]:
    """The details of a vacancy as they may land.

    Raises:
        SourceChanged: they are of another form, or of another vacancy.
    """
    place = f"detaljene om {uuid}"
    try:
        wire = _wire_detail.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise changed("uuid, status, sistEndret og ad_content", place, _said(error)) from None
    _refuse_no_instant(place, wire.changed)
    if wire.uuid != uuid:
        raise changed(f"stillingen {uuid}", place, "en annen uuid")
    found = wire.ad_content if wire.ad_content is not UNSET else wire.json
    if found is UNSET:
        if wire.status == "ACTIVE":
            raise changed("ad_content for en aktiv stilling", place, "ingen")
        found = None
    if found is not None:
        _refuse_no_instant(place, found.published, found.expires, found.updated)
        _clean(found)
    kept = Detail(wire.uuid, wire.status, wire.changed, found, wire.konstruert)
    return kept, _landed(answer, "", kept)


def gone(answer: Answer, uuid: str, instant: str) -> tuple[Detail, Answer]:
    """What lands of a vacancy that the source answers 404 about, so that it is asked for once."""
    kept = Detail(uuid, GONE, instant)
    return kept, _landed(answer, "", kept)


def _refuse_no_instant(place: str, *instants: str | None) -> None:
    """Refuse what has the form of an instant and stands in no calendar, as 31 February."""
    for instant in instants:
        try:
            datetime.fromisoformat(instant or "2000-01-01T00:00Z")
        except ValueError:
            raise changed("tidspunkter i kalenderen", place, "et annet") from None


def _said(error: Exception) -> str:
    """What a decoder said; of another character set nothing, since it would show the bytes."""
    return "et annet tegnsett enn UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def changed(expected: str, place: str, error: Any) -> SourceChanged:
    """The refusal of another form; a message of msgspec names the path and never the value."""
    return SourceChanged(
        subject="NAVs stillingsstrøm",
        expected=expected,
        got=f"noe annet i {place} ({error})",
        remedy="hold svaret mot beskrivelsen på navikt.github.io/pam-stilling-feed; "
        "det landes ikke før det kan renses for personopplysninger",
    )


def _landed(answer: Answer, role: str, content: Struct) -> Answer:
    headers = {**answer.headers, RULE_HEADER: RULE}
    return replace(
        answer, role=role or answer.role, content=msgspec.json.encode(content), headers=headers
    )


def _clean(found: Advertisement) -> None:
    """Hold every value to its form, and leave other classifications than STYRK-08 out."""
    for location in found.locations:
        location.country = _words(location.country)
        location.county = _words(location.county)
        location.municipal = _words(location.municipal)
        location.postal_code = _form("postalCode", location.postal_code)
    found.categories = [c for c in found.categories if c.kind == "STYRK08"]
    for category in found.categories:
        category.code = _form("code", category.code)
    for levels in found.levels or []:
        levels.level1, levels.level2 = _words(levels.level1), _words(levels.level2)
    if found.employer is not None:
        found.employer.orgnr = _form("orgnr", found.employer.orgnr)
    found.positioncount = _form("positioncount", found.positioncount)
    # Often a sentence («Søk snarest til …»): only a date has room for nobody.
    found.application_due = _form("applicationDue", (found.application_due or "")[:10])
    found.extent = _words(found.extent)
    found.engagementtype = _words(found.engagementtype)
    found.sector = _words(found.sector)


def _words(text: str | None) -> str | None:
    return text if text and _WORDS.fullmatch(text) else None


def _form(name: str, value: str | int | None) -> str | None:
    text = "" if value is None else str(value).strip()
    return text if _FORMS[name].fullmatch(text) else None
