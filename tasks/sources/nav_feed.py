"""NAV's vacancy feed (`pam-stilling-feed`): a log that only grows, and the details of vacancies.

Wire facts: a bearer token stands on the last line of `GET {base}/api/publicToken` and rotates.
`GET {base}/api/v1/feed?pageSize=` is the first page; `next_url` leads on and is null at the tip,
where 304 says that nothing changed, or that there is nothing. `GET {base}/api/v1/feedentry/{uuid}`
has occupation codes, and only of what is active now (https://github.com/navikt/pam-stilling-feed).

`If-Modified-Since` is sent for the tip alone, and `If-None-Match` never: the ETag is the id of the
next page, and the source takes it for unchanged where it is not. A page that was never read is
asked for without condition, so that no 304 can hide it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from tasks.errors import SourceChanged, SourceUnavailable
from tasks.sources import Answer, Deviation, Kept
from tasks.sources.body import Refused
from tasks.sources.nav_feed_frames import events, frames, wanted
from tasks.sources.nav_feed_redaction import changed, gone, page, redacted_detail, redacted_page

if TYPE_CHECKING:
    import polars as pl

    from tasks.sources.transport import Client

FIRST = "/api/v1/feed"
ENTRY = "/api/v1/feedentry"
TOKEN = "/api/publicToken"  # noqa: S105 - an address, not a token
# Details that are landed together; a crash fetches no more than these again.
STEP = 20
# A 304 is believed for so long; then the tip is read again whatever the source says.
BELIEVED = timedelta(days=1)
# HTTP dates are whole seconds: what came just after such a change would look unchanged.
JUST_NOW = timedelta(minutes=1)
_QUOTED = re.compile(r"b['\"].*", re.DOTALL)


class Selection(BaseModel):
    """Which vacancies of the feed are read in detail.

    Attributes:
        page_size: Items on a page; the source refuses more than 10 000.
        municipalities: Names as the feed writes them, in any case. Occupation is told in the
            details alone, and those are asked for about active vacancies in these.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    page_size: int = Field(default=1000, ge=2, le=10_000)
    municipalities: tuple[str, ...] = Field(min_length=1)


def fetch(client: Client, base_url: str, selection: Selection, as_of: date) -> Iterator[Answer]:
    """The whole log from its start."""
    for step in proceed(client, base_url, selection, as_of, ()):
        yield from step


def proceed(
    client: Client, base_url: str, selection: Selection, as_of: date, before: Sequence[Kept]
) -> Iterator[Sequence[Answer]]:
    """What came after `before`: each page as a step, then details, redacted.

    Details come after the last page, when it is known which vacancies are still active. They are
    asked for once per vacancy and change.

    Raises:
        SourceUnavailable: there is nothing at the start of the log.
        SourceChanged: an answer is not of the agreed form, or the token is refused twice.
    """
    bearer = _Bearer(client, base_url)
    pages: list[Kept | Answer] = [kept for kept in before if kept.role.startswith("page/")]
    for answer in _pages(bearer, selection, as_of, pages[-1] if pages else None):
        pages.append(answer)
        yield [answer]
    details = (kept.role for kept in before if kept.role.startswith("detail/"))
    missing = iter(wanted(events(pages), selection.municipalities, details))
    while step := [_detail(bearer, uuid, instant) for uuid, instant in islice(missing, STEP)]:
        yield step


def parse(answers: Sequence[Answer | Kept], selection: Selection) -> dict[str, pl.DataFrame]:
    """The log and the details, as the feed names them.

    Returns:
        `rows`: one row per change of a vacancy: `position` in the log, `uuid`, `status`,
        `municipal`, `sistEndret`, `konstruert`. `details`: one row per vacancy and change that was
        asked for. `categories`: their STYRK-08 codes; `locations`: their places of work.

    Raises:
        SourceChanged: a page or the details of a vacancy are not of the agreed form.
    """
    return frames(answers)


def updated(answers: Sequence[Answer]) -> datetime | None:
    """A log is as old as what came last to it, which is when that landed."""
    return None


def probe(
    client: Client, base_url: str, selection: Selection, as_of: date, before: Iterable[Kept]
) -> Iterator[Deviation]:
    """Whether the token and the newest page are as agreed; nothing else is fetched."""
    try:
        newest = _Bearer(client, base_url).get(FIRST, "page", {"last": "", "pageSize": "2"})
        redacted_page(newest)
    except SourceChanged as error:
        yield Deviation(error.expected, error.got, error.remedy)


def _pages(
    bearer: _Bearer, selection: Selection, as_of: date, last: Kept | Answer | None
) -> Iterator[Answer]:
    """Every page that is new, and the tip where it has grown."""
    size = {"pageSize": str(selection.page_size)}
    address: str | None = FIRST
    since, held = None, b""
    if last is not None:
        held = last.content
        known = page(held, f"den landede siden {last.role}")
        address = known.next_url or f"{FIRST}/{known.id}"
        since = None if known.next_url else _since(last, as_of)
    read: set[str] = set()
    while address is not None:
        if address in read:
            raise changed("sider som leder videre", address, "en side som alt er lest")
        read.add(address)
        answer = bearer.get(address, f"page/{address.rpartition('/')[2]}", size, since)
        if answer.status == 304:
            # Nothing has come, or an empty page: what is known is read on from next night.
            _refuse_nothing(last)
            return
        found, landed = redacted_page(answer)
        if landed.content != held:
            yield landed
        address, since, last = found.next_url, None, landed


def _refuse_nothing(last: Kept | Answer | None) -> None:
    if last is None:
        raise SourceUnavailable(
            subject="NAVs stillingsstrøm",
            expected="den første siden av strømmen",
            got="304, som om den var tom eller lest før",
            remedy="prøv igjen senere; varer det, se på meldingene hos NAV",
        )


def _since(last: Kept | Answer, as_of: date) -> str | None:
    """The condition for reading the tip again, or None where a 304 could not be trusted."""
    stamp = last.headers.get("last-modified")
    if not stamp or as_of - last.received_at.date() > BELIEVED:
        return None
    try:
        modified = parsedate_to_datetime(stamp)
    except ValueError:
        return None
    if modified.tzinfo is None:
        modified = modified.replace(tzinfo=UTC)
    return None if last.received_at - modified < JUST_NOW else stamp


def _detail(bearer: _Bearer, uuid: str, instant: str) -> Answer:
    """The details of a vacancy; its role says which change of it is known by them."""
    role = f"detail/{uuid}"
    try:
        found, landed = redacted_detail(bearer.get(f"{ENTRY}/{uuid}", role), uuid)
    except Refused as refused:
        if refused.status != 404:
            raise
        nothing = Answer(role, "GET", f"{ENTRY}/{uuid}", None, 404, {}, b"", datetime.now(UTC))
        found, landed = gone(nothing, uuid, instant)
    # Details are those of now: they may be newer than the change that they are asked for.
    newest = max(instant, found.changed, key=datetime.fromisoformat)
    return _with_role(landed, f"{role}/{newest}")


def _with_role(answer: Answer, role: str) -> Answer:
    return Answer(**{**vars(answer), "role": role})


class _Bearer:
    """Calls with the public token, which is never landed, logged or shown.

    Args:
        client: The publisher's client.
        base_url: Where the source is; no other address is given the token.
    """

    def __init__(self, client: Client, base_url: str) -> None:
        self._client = client
        self._base_url = base_url
        self._token = ""

    def get(
        self,
        path: str,
        role: str,
        params: dict[str, str] | None = None,
        since: str | None = None,
    ) -> Answer:
        """Fetch a path; a token that has been rotated away is fetched anew, once."""
        if not self._token:
            self._renew()
        try:
            return self._get(path, role, params, since)
        except Refused as refused:
            if refused.status != 401:
                raise
        self._renew()
        return self._get(path, role, params, since)

    def _get(
        self, path: str, role: str, params: dict[str, str] | None, since: str | None
    ) -> Answer:
        headers = {"Authorization": f"Bearer {self._token}"}
        if since:
            headers["If-Modified-Since"] = since
        try:
            return self._client.get(
                f"{self._base_url}{path}",
                role=role,
                params=params,
                headers=headers,
                unchanged=role.startswith("page/"),
            )
        except Refused as refused:
            # The source's own words might quote what it was sent.
            texts = {
                name: str(getattr(refused, name)).replace(self._token, "(nøkkel)")
                for name in ("said", "subject", "expected", "got", "remedy")
            }
            raise Refused(status=refused.status, **texts) from None
        except SourceChanged as error:
            # A refusal of another kind of answer shows its start, and somebody's name may be there.
            error.got = _QUOTED.sub("(innholdet vises ikke)", error.got)
            raise error from None

    def _renew(self) -> None:
        try:
            answer = self._client.get(
                f"{self._base_url}{TOKEN}",
                role="token",
                accept="text/plain",
                expect=("text/plain", "text/html", "application/json"),
            )
        except SourceChanged as error:
            # The refusal may show the start of the answer, and the token may stand there.
            status = f" ({error.status})" if isinstance(error, Refused) else ""
            raise _no_token(f"noe annet{status}") from None
        lines = answer.content.decode("utf-8", "replace").split()
        if not lines or not re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", lines[-1]):
            raise _no_token("en tekst som ikke slutter med en nøkkel")
        self._token = lines[-1]


def _no_token(got: str) -> SourceChanged:
    return SourceChanged(
        subject="NAVs stillingsstrøm",
        expected=f"en tekst med den åpne nøkkelen på siste linje, fra {TOKEN}",
        got=got,
        remedy="se om NAV har flyttet nøkkelen (navikt.github.io/pam-stilling-feed)",
    )
