"""Reading the body of an HTTP answer: all of it, of the agreed kind, within its bound."""

from __future__ import annotations

import json as jsonlib
import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import msgspec
import requests
import urllib3

from tasks.errors import SourceChanged, SourceUnavailable, TilbudsplanError

CHUNK = 1 << 16
PEEK_BYTES = 1 << 14
# Larger answers are of no source of ours, and looking them through takes many times their size.
MOST_LOOKED_THROUGH = 30_000_000
MAX_MESSAGE = 300
LATER = "prøv igjen senere; forrige årgang brukes så lenge"


class Refused(SourceChanged):
    """The publisher refused the request itself.

    Attributes:
        status: HTTP status (4xx as a rule).
        said: The publisher's own words, empty if it gave none.
    """

    def __init__(self, *, status: int, said: str, **texts: str) -> None:
        self.status = status
        self.said = said
        super().__init__(**texts)


@dataclass(eq=False)
class Retry(Exception):
    """Another try may help.

    Attributes:
        error: What to raise when the tries are used up.
        wait: Seconds that the publisher asked for.
        attempts: Upper bound on tries for this fault.
    """

    error: TilbudsplanError
    wait: float | None = None
    attempts: int = field(default=100)


def unavailable(subject: str, expected: str, got: str) -> SourceUnavailable:
    """The refusal of an answer that may be right next time."""
    return SourceUnavailable(subject=subject, expected=expected, got=got, remedy=LATER)


def changed(subject: str, expected: str, got: str, remedy: str) -> SourceChanged:
    """The refusal of an answer that a person must look at."""
    return SourceChanged(subject=subject, expected=expected, got=got, remedy=remedy)


def read_answer(
    response: requests.Response,
    subject: str,
    expect: tuple[str, ...],
    max_bytes: int,
    overdue: Callable[[], bool],
    repeated: Collection[str] = (),
) -> bytes:
    """The whole body, without its transfer encoding.

    Args:
        response: A streamed response with status 200, nothing of it read.
        subject: For refusals.
        expect: Media types that it may have.
        max_bytes: Bound, on the wire and unpacked.
        overdue: Whether the answer has taken too long by now: a source that dribbles keeps within
            every read time-out and could hold a night for ever.
        repeated: Keys that an object of JSON may have twice.

    Raises:
        SourceChanged: another media type, too big, not what the media type says, or JSON that says
            two things at once.
        Retry: cut short, empty, or overdue.
    """
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in expect:
        raise changed(
            subject,
            f"innholdstype {' eller '.join(expect)}",
            f"{media_type or 'ingen innholdstype'}: {peek(response)[:80]!r}",
            "åpne adressen i en nettleser og se om tjenesten er flyttet eller nede; "
            f"rett katalogen om den er flyttet ({response.url[:200]})",
        )
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise _too_big(subject, max_bytes, f"{declared} byte oppgitt")
    wire = _read_wire(response, subject, max_bytes, overdue)
    content = _decoded(wire, response.headers.get("content-encoding", ""), subject, max_bytes)
    if not content.strip():
        raise Retry(unavailable(subject, "et svar med innhold", "et tomt svar"))
    if media_type == "application/json" or media_type.endswith("+json"):
        _check_json(content, subject)
        _refuse_doubled(content, subject, repeated)
    return content


def peek(response: requests.Response) -> bytes:
    """The first bytes of a body that will be refused; empty if they cannot be read."""
    try:
        content: bytes = response.raw.read(PEEK_BYTES, decode_content=True)
    except (urllib3.exceptions.HTTPError, OSError):
        return b""
    return content


def api_message(body: bytes, content_type: str) -> str:
    """The publisher's own words in an error body, or an empty text.

    PxWebApi v2 says `title` and `detail`, v0 `error`, the Directorate for Education `melding`;
    KLASS answers in plain text.
    """
    if "json" not in content_type:
        plain = content_type.startswith("text/plain")
        return " ".join(body.decode("utf-8", "replace").split())[:MAX_MESSAGE] if plain else ""
    try:
        document: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    if isinstance(document, str):
        return document[:MAX_MESSAGE]
    if not isinstance(document, dict):
        return ""
    parts = [document.get(key) for key in ("title", "detail", "error", "melding", "message")]
    return ": ".join(str(part) for part in parts if part)[:MAX_MESSAGE]


def _read_wire(
    response: requests.Response, subject: str, max_bytes: int, overdue: Callable[[], bool]
) -> bytes:
    """All bytes on the wire; urllib3 itself tells when fewer came than were declared."""
    chunks: list[bytes] = []
    size = 0
    try:
        for chunk in response.raw.stream(CHUNK, decode_content=False):
            size += len(chunk)
            if size > max_bytes:
                raise _too_big(subject, max_bytes, "et svar som ikke tar slutt innenfor den")
            if overdue():
                raise Retry(unavailable(subject, "et helt svar i tide", f"{size} byte så langt"))
            chunks.append(chunk)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise Retry(
            unavailable(subject, "et helt svar", f"{size} byte, så brudd ({error})")
        ) from error
    return b"".join(chunks)


def _too_big(subject: str, max_bytes: int, got: str) -> SourceChanged:
    return changed(
        subject,
        f"høyst {max_bytes} byte",
        got,
        "snevre inn utvalget, eller hev max_answer_bytes for utgiveren i katalogen",
    )


def _decoded(wire: bytes, encoding: str, subject: str, max_bytes: int) -> bytes:
    """Undo gzip; unlike most decoders, notice that its end is missing."""
    if encoding.lower() in {"", "identity"}:
        return wire
    if encoding.lower() != "gzip":
        raise changed(
            subject, "koding gzip eller ingen", encoding, "meld fra til den som drifter løsningen"
        )
    decoder = zlib.decompressobj(wbits=31)
    try:
        content = decoder.decompress(wire, max_bytes + 1)
    except zlib.error as error:
        raise Retry(unavailable(subject, "et helt gzip-svar", str(error))) from error
    if len(content) > max_bytes:
        raise _too_big(subject, max_bytes, "et pakket svar som blir større enn det")
    if not decoder.eof:
        raise Retry(unavailable(subject, "et helt gzip-svar", "et avkuttet svar"))
    return content


def _too_deep(subject: str) -> SourceChanged:
    return changed(
        subject,
        "JSON i noen få nivåer",
        "lister eller objekter i hverandre, flere enn det går an å lese",
        "åpne adressen i en nettleser og se hva kilden nå svarer",
    )


def _refuse_doubled(content: bytes, subject: str, repeated: Collection[str]) -> None:
    """Refuse a key that stands twice in one object: a decoder keeps the last without a word."""
    if len(content) > MOST_LOOKED_THROUGH:
        return
    doubled: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names):
            doubled.extend(n for n in names if names.count(n) > 1 and n not in repeated)

    text = content.decode("utf-8-sig")
    try:
        # Numbers stay text: only keys are looked at, and a number may have a million digits.
        jsonlib.loads(text, object_pairs_hook=look, parse_int=str, parse_float=str)
    except RecursionError as error:
        raise _too_deep(subject) from error
    if doubled:
        raise changed(
            subject,
            "hver opplysning én gang",
            f"«{doubled[0]}» to ganger i samme objekt",
            "se på svaret hos kilden; den sier to ting på én gang",
        )


def _check_json(content: bytes, subject: str) -> None:
    """Refuse what only says that it is JSON: a page, a body cut where no length was declared.

    What is JSON in another charset is refused too: its texts cannot be read.
    """
    try:
        msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=msgspec.Raw)
    except msgspec.DecodeError as error:
        if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
            raise Retry(unavailable(subject, "helt og gyldig JSON", f"{error}")) from error
        raise changed(
            subject,
            "JSON",
            f"{content[:80]!r}",
            "åpne adressen i en nettleser og se om tjenesten er flyttet eller nede",
        ) from error
    except RecursionError as error:
        raise _too_deep(subject) from error
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise changed(
            subject,
            "JSON i UTF-8",
            f"et annet tegnsett ({error})",
            "se hvilket tegnsett kilden nå oppgir, og meld fra til den som drifter løsningen",
        ) from error
