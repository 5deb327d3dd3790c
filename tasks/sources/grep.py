"""Grep, the national register of curricula: programme areas and utdanningsprogram.

Wire facts (https://data.udir.no/kl06/v201906): `GET {base}/programomraader` lists stubs, each with
`kode`, `tittel`, `status`, `sist-endret` and `url-data`, where the rest stands. The rest is asked
for element by element, at the publisher's rate: a quarter of an hour for all programme areas. So
the register is read on from what landed: an element is asked for again when the list says that it
has changed, and otherwise every fourth week, since a code may get a successor without a new stamp.

Addresses in the list have been seen with other schemes and hosts than the list's own. What is
followed is the path, under the address of the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

import msgspec
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from tasks.errors import SourceChanged, SourceUnavailable
from tasks.sources import Answer, Deviation, Kept

if TYPE_CHECKING:
    from tasks.sources.transport import Client

LIST = "list"
DETAIL = "detail"
# Details that are landed together; a crash fetches no more than these again.
STEP = 20
# In the order in which a title is chosen where nothing better is asked for.
LANGUAGES = ("default", "nob", "nno", "eng")
# [unconfirmed] Named in the publisher's documentation, not seen in a recording.
RELATIONS = (
    "utdanningsprogram-referanse",
    "bygger-paa-programomraade",
    "erstatter",
    "erstattes-av",
)
_POINTS = ("aarstrinn", "programomraade-type", "foerste-semester", "siste-semester")


class Selection(BaseModel):
    """Which list of the register a dataset reads.

    Attributes:
        path: The list, for example `programomraader`.
        refresh_days: An element is read again when it is older than this.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(pattern=r"^[a-z_]+$")
    refresh_days: int = Field(default=28, ge=1)


class _Text(msgspec.Struct):
    spraak: str
    verdi: str


class _Point(msgspec.Struct, rename="kebab"):
    """A reference to another element or code list."""

    kode: str | None = None
    url_data: str | None = None
    uri: str | None = None
    beskrivelse: list[_Text] | str | None = None


_Points = _Point | list[_Point] | str | None


class _Stub(msgspec.Struct, rename="kebab"):
    kode: str
    url_data: str
    sist_endret: str | None = None


class _Element(msgspec.Struct, rename="kebab"):
    kode: str
    tittel: list[_Text]
    status: str
    sist_endret: str | None = None
    aarstrinn: _Points = None
    programomraade_type: _Points = None
    foerste_semester: _Points = None
    siste_semester: _Points = None
    utdanningsprogram_referanse: _Points = None
    bygger_paa_programomraade: _Points = None
    erstatter: _Points = None
    erstattes_av: _Points = None
    konstruert: bool = False


_T = TypeVar("_T")


def fetch(client: Client, base_url: str, selection: Selection, as_of: date) -> Iterator[Answer]:
    """The list and every element of it."""
    for step in proceed(client, base_url, selection, as_of, ()):
        yield from step


def proceed(
    client: Client, base_url: str, selection: Selection, as_of: date, before: Sequence[Kept]
) -> Iterator[Sequence[Answer]]:
    """What is new or has changed since `before`, in steps, and last the list itself.

    The list lands when everything on it has, so that every step can be parsed: until then the list
    before it counts.

    Raises:
        SourceChanged: the list or an element is not of the agreed form.
    """
    listed = client.get(f"{base_url}/{selection.path}", role=LIST)
    stubs = _stubs(listed.content, selection)
    landed = {_code(k.role): k for k in before if k.role.startswith(f"{DETAIL}/")}
    missing = (s for s in stubs if _is_missing(s, landed.get(s.kode), selection, as_of))
    while step := [_detail(client, base_url, selection, s) for s in islice(missing, STEP)]:
        yield step
    lists = [kept for kept in before if kept.role == LIST]
    if not lists or lists[-1].content != listed.content:
        yield [listed]


def parse(answers: Sequence[Answer | Kept], selection: Selection) -> dict[str, pl.DataFrame]:
    """The elements of the newest list, each as it was last read.

    Returns:
        `rows`: one row per element: `kode`, `status`, `sist-endret`, the title by language
        (`default`, `nob`, `nno`, `eng`), `aarstrinn`, `programomraade-type`, `foerste-semester`,
        `siste-semester`, `konstruert`. `references`: `kode`, `relation` (one of `RELATIONS`),
        `target`, `position`.

    Raises:
        SourceUnavailable: the register was not read to its end.
        SourceChanged: the list or an element is not of the agreed form.
    """
    lists = [answer for answer in answers if answer.role == LIST]
    newest = {_code(a.role): a for a in answers if a.role.startswith(f"{DETAIL}/")}
    stubs = _stubs(lists[-1].content, selection) if lists else []
    unread = [stub.kode for stub in stubs if stub.kode not in newest]
    if not lists or unread:
        raise SourceUnavailable(
            subject=f"Grep, {selection.path}",
            expected="listen og detaljene om hver kode på den",
            got=f"ikke detaljene om {', '.join(unread[:5])}" if lists else "ingen liste ennå",
            remedy="hent på nytt: det som alt er landet, hentes ikke igjen",
        )
    elements = [_element(newest[stub.kode].content, stub.kode, selection) for stub in stubs]
    return {"rows": _rows(elements), "references": _references(elements)}


def updated(answers: Sequence[Answer]) -> datetime | None:
    """Each element has a stamp of its own, and the register none: it is as old as its reading."""
    return None


def probe(
    client: Client, base_url: str, selection: Selection, as_of: date, before: Iterable[Kept]
) -> Iterator[Deviation]:
    """Whether the list and the first element are as agreed, and which codes have come and gone."""
    try:
        listed = client.get(f"{base_url}/{selection.path}", role=LIST)
        stubs = _stubs(listed.content, selection)
        _detail(client, base_url, selection, stubs[0])
    except SourceChanged as error:
        yield Deviation(error.expected, error.got, error.remedy)
        return
    lists = [answer for answer in before if answer.role == LIST]
    if lists:
        then = {stub.kode for stub in _stubs(lists[-1].content, selection)}
        now = {stub.kode for stub in stubs}
        yield from _moved("nye koder", now - then)
        yield from _moved("koder som ikke lenger er der", then - now)


def _moved(what: str, codes: set[str]) -> Iterator[Deviation]:
    if codes:
        yield Deviation(
            expected="de samme kodene som sist",
            got=f"{len(codes)} {what}: {', '.join(sorted(codes)[:10])}",
            remedy="se om data/reference/programme_area.csv og kryssløpene må føres à jour",
            refuses=False,
        )


def _stubs(content: bytes, selection: Selection) -> list[_Stub]:
    """The list: every code once, each with an address in the register."""
    stubs = _decode(content, list[_Stub], selection, "listen")
    if not stubs:
        raise _changed(selection, "minst én kode", "en tom liste")
    codes = [stub.kode for stub in stubs]
    if doubled := sorted({code for code in codes if codes.count(code) > 1}):
        raise _changed(selection, "hver kode én gang", f"{', '.join(doubled[:5])} flere ganger")
    for stub in stubs:
        if _path(stub.url_data).split("/")[-2:] != [selection.path, stub.kode]:
            expected = f"url-data som ender på {selection.path}/{stub.kode}"
            raise _changed(selection, expected, f"«{stub.url_data}»")
    return stubs


def _path(address: str) -> str:
    try:
        return unquote(urlsplit(address).path)
    except ValueError:  # half an address
        return ""


def _code(role: str) -> str:
    return role.split("/")[1]


def _is_missing(stub: _Stub, kept: Kept | None, selection: Selection, as_of: date) -> bool:
    """Whether an element must be read: never read, changed by its stamp, without one, or old."""
    if kept is None or stub.sist_endret is None or kept.role != _role(stub):
        return True
    return as_of - kept.received_at.date() > timedelta(days=selection.refresh_days)


def _role(stub: _Stub) -> str:
    """The role of an element's details says which version of it they are."""
    return f"{DETAIL}/{stub.kode}/{stub.sist_endret or ''}"


def _detail(client: Client, base_url: str, selection: Selection, stub: _Stub) -> Answer:
    address = f"{base_url}/{selection.path}/{quote(stub.kode, safe='')}"
    answer = client.get(address, role=_role(stub))
    _element(answer.content, stub.kode, selection)
    return answer


def _element(content: bytes, code: str, selection: Selection) -> _Element:
    """Details of a code, held against the code that they were asked for."""
    place = f"detaljene om {code}"
    element = _decode(content, _Element, selection, place)
    if element.kode != code:
        raise _changed(selection, f"{place}", f"detaljer om «{element.kode}»")
    languages = [text.spraak for text in element.tittel]
    if not {"default", "nob"} & set(languages) or len(set(languages)) != len(languages):
        raise _changed(
            selection,
            f"én tittel per språk, og en på bokmål, i {place}",
            f"språkene {', '.join(languages) or '(ingen)'}",
        )
    return element


def _rows(elements: Sequence[_Element]) -> pl.DataFrame:
    titles = [{text.spraak: text.verdi for text in element.tittel} for element in elements]
    columns: dict[str, Any] = {
        "kode": [element.kode for element in elements],
        "status": [element.status for element in elements],
        "sist-endret": [element.sist_endret for element in elements],
    }
    columns |= {language: [title.get(language) for title in titles] for language in LANGUAGES}
    columns |= {key: [_first(_points(element, key)) for element in elements] for key in _POINTS}
    schema: dict[str, Any] = dict.fromkeys(columns, pl.String()) | {"konstruert": pl.Boolean()}
    columns["konstruert"] = [element.konstruert for element in elements]
    return pl.DataFrame(columns, schema=schema)


def _references(elements: Sequence[_Element]) -> pl.DataFrame:
    """One row per reference from an element to another."""
    found = [
        (element.kode, relation, target, position)
        for element in elements
        for relation in RELATIONS
        for position, target in enumerate(_points(element, relation))
    ]
    schema = {"kode": pl.String, "relation": pl.String, "target": pl.String, "position": pl.Int64}
    return pl.DataFrame(found, schema=schema, orient="row")


def _points(element: _Element, key: str) -> list[str]:
    """What a key refers to: code, else words, else the end of the address."""
    value = getattr(element, key.replace("-", "_"))
    several = value if isinstance(value, list) else [value]
    return [word for point in several if (word := _word(point))]


def _word(point: _Point | str | None) -> str | None:
    if point is None or isinstance(point, str):
        return (point or "").rpartition("/")[2] or None
    said = point.beskrivelse
    words = said if isinstance(said, str) else next((text.verdi for text in said or ()), None)
    return point.kode or words or (point.url_data or point.uri or "").rpartition("/")[2] or None


def _first(words: Sequence[str]) -> str | None:
    return words[0] if words else None


def _decode(content: bytes, shape: type[_T], selection: Selection, place: str) -> _T:
    try:
        return msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=shape)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise _changed(selection, f"{place} på registerets form", f"noe annet ({error})") from error


def _changed(selection: Selection, expected: str, got: str) -> SourceChanged:
    return SourceChanged(
        subject=f"Grep, {selection.path}",
        expected=expected,
        got=got,
        remedy="åpne adressen i en nettleser og hold den mot beskrivelsen av Grep hos Udir",
    )
