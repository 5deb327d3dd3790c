"""HTTP as every protocol client uses it: polite, bounded, and whole answers or none.

A `Client` belongs to one publisher. It keeps the publisher's rate and closed hours, tries again
where that may help, and hands out an `Answer` only when status, content type, length and framing
are right. Every refusal is one of `tasks.errors`: `SourceUnavailable` (try again later) or
`SourceChanged` (a person must look).
"""

from __future__ import annotations

import json as jsonlib
import random
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

import requests
import urllib3
from requests.adapters import HTTPAdapter

from tasks.errors import ConfigurationError, SourceUnavailable
from tasks.sources import Answer
from tasks.sources.body import (
    Refused,
    Retry,
    api_message,
    changed,
    peek,
    read_answer,
    unavailable,
)
from tasks.sources.limits import SYSTEM_CLOCK, Clock, Rate, Window, closed_now, shared_limiter

__all__ = ["JSON", "Client", "Clock", "Rate", "Refused", "Window"]

JSON = ("application/json",)
KEPT_HEADERS = ("content-type", "content-language", "date", "etag", "last-modified")
MAX_REDIRECTS = 5
MAX_ANSWER_SECONDS = 900.0  # from headers to last byte, however the bytes dribble
MAX_WAIT_SECONDS = 120.0  # a longer `Retry-After` is the next night's business
FIRST_BACKOFF_SECONDS = 1.0


class Client:
    """One publisher's HTTP session; safe to share between threads.

    Clients of the same publisher on the same terms share one limiter, so a process keeps the rate
    however many of them it makes.

    Args:
        publisher: The publisher's id; names the limiter and stands first in every refusal.
        rate: Calls per sliding window.
        closed: Times of day in which the publisher must not be called.
        timezone: The zone of those times.
        connect_timeout_seconds: For the connection.
        read_timeout_seconds: Between two packets of the answer.
        attempts: Tries of one call in all; calls are idempotent by contract.
        max_answer_bytes: Bound on an answer, on the wire and unpacked.
        concurrency: Calls under way at once.
        contact: Address for the User-Agent, so that the publisher can reach the county.
        ignore_windows: Call in closed hours too; only when a person has said so.
        clock: Where time comes from.
    """

    def __init__(
        self,
        *,
        publisher: str,
        rate: Rate,
        closed: Sequence[Window] = (),
        timezone: str = "Europe/Oslo",
        connect_timeout_seconds: float = 10,
        read_timeout_seconds: float = 120,
        attempts: int = 4,
        max_answer_bytes: int = 200_000_000,
        concurrency: int = 2,
        contact: str | None = None,
        ignore_windows: bool = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.publisher = publisher
        self._rate = rate
        self._closed = () if ignore_windows else tuple(closed)
        self._zone = ZoneInfo(timezone)
        self._timeouts = (connect_timeout_seconds, read_timeout_seconds)
        self._attempts = attempts
        self._max_bytes = max_answer_bytes
        self._clock = clock
        self._limiter = shared_limiter(publisher, rate, concurrency, clock)
        self._jitter = random.SystemRandom()
        self._session = VerifiedSession()
        self._session.headers.update({"User-Agent": user_agent(contact), "Accept-Encoding": "gzip"})
        # No cookies: the same request must give the same answer on every night.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = HTTPAdapter(pool_connections=concurrency, pool_maxsize=concurrency)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def get(
        self,
        url: str,
        *,
        role: str,
        params: Sequence[tuple[str, str]] | dict[str, str] | None = None,
        accept: str = "application/json",
        expect: Sequence[str] = JSON,
        headers: Mapping[str, str] | None = None,
        unchanged: bool = False,
        repeated: Collection[str] = (),
    ) -> Answer:
        """Fetch an address.

        Args:
            url: The address.
            role: What the answer is within its dataset.
            params: Query parameters, in order.
            accept: The `Accept` header.
            expect: Media types that the answer may have.
            headers: Further request headers; they are kept nowhere and shown in no refusal.
            unchanged: Take 304 for an answer, with status 304 and no content.
            repeated: Keys that an object of JSON may have twice; any other is refused.

        Returns:
            The whole answer.

        Raises:
            SourceUnavailable: no whole answer after all attempts, or the publisher is closed.
            Refused: the publisher refused the request (a `SourceChanged` with its own words).
            SourceChanged: an answer of another kind or size than agreed.
        """
        sent = {**(headers or {}), "Accept": accept}
        request = requests.Request("GET", url, params=params, headers=sent)
        bare = 304 if unchanged else None
        return self._call(request, role, None, tuple(expect), bare, tuple(repeated))

    def post_query(
        self,
        url: str,
        *,
        role: str,
        json: Any,
        params: Sequence[tuple[str, str]] | dict[str, str] | None = None,
        accept: str = "application/json",
        expect: Sequence[str] = JSON,
        none_is_an_answer: bool = False,
    ) -> Answer:
        """Ask a question too long for an address: a POST that changes nothing at the publisher.

        `json` is the body; the rest, the answer and the refusals are those of `get`. The call is
        repeated like a GET, so it must not be used for anything but queries. With
        `none_is_an_answer`, 204 is an answer without content: nothing matched the question.
        """
        body = jsonlib.dumps(json, ensure_ascii=False, separators=(",", ":"))
        headers = {"Accept": accept, "Content-Type": "application/json; charset=utf-8"}
        request = requests.Request("POST", url, params=params, data=body.encode(), headers=headers)
        return self._call(request, role, body, tuple(expect), 204 if none_is_an_answer else None)

    def _call(
        self,
        request: requests.Request,
        role: str,
        body: str | None,
        expect: tuple[str, ...],
        bare: int | None = None,
        repeated: tuple[str, ...] = (),
    ) -> Answer:
        prepared = self._session.prepare_request(request)
        subject = f"{self.publisher}, {role}"
        for attempt in range(1, self._attempts + 1):
            try:
                response, content = self._attempt(prepared, subject, expect, bare, repeated)
                break
            except Retry as retry:
                if attempt >= min(self._attempts, retry.attempts):
                    raise retry.error from retry.__cause__
                self._pause(retry, attempt)
        return Answer(
            role=role,
            method=prepared.method or "GET",
            url=prepared.url or request.url,
            body=body,
            status=response.status_code,
            headers={n: response.headers[n] for n in KEPT_HEADERS if n in response.headers},
            content=content,
            received_at=self._clock.now(),
        )

    def _attempt(
        self,
        prepared: requests.PreparedRequest,
        subject: str,
        expect: tuple[str, ...],
        bare: int | None,
        repeated: tuple[str, ...],
    ) -> tuple[requests.Response, bytes]:
        """One try: send, follow redirects, read. Raises `Retry` where another try may help."""
        with self._limiter.place():
            response = self._send(prepared, subject)
            deadline = self._clock.monotonic() + MAX_ANSWER_SECONDS
            for _ in range(MAX_REDIRECTS):
                if not response.is_redirect:
                    break
                prepared = self._redirected(prepared, response, subject)
                response.close()
                response = self._send(prepared, subject)
            with response:
                if response.status_code == bare:
                    return response, b""
                self._check_status(response, subject)
                content = read_answer(
                    response,
                    subject,
                    expect,
                    self._max_bytes,
                    overdue=lambda: self._clock.monotonic() > deadline,
                    repeated=repeated,
                )
                return response, content

    def _send(self, prepared: requests.PreparedRequest, subject: str) -> requests.Response:
        self._check_open(subject)
        self._limiter.wait_turn()
        self._check_open(subject)  # the turn may have come after the publisher closed
        settings = self._session.merge_environment_settings(
            prepared.url or "", {}, True, None, None
        )
        try:
            return self._session.send(
                prepared, timeout=self._timeouts, allow_redirects=False, **settings
            )
        except requests.exceptions.SSLError as error:
            raise changed(
                subject,
                "et gyldig TLS-sertifikat",
                f"{error}",
                "kontroller klokka på maskinen og sertifikatene (REQUESTS_CA_BUNDLE); "
                "sjekken kan ikke slås av",
            ) from error
        except (requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError) as error:
            raise Retry(
                unavailable(subject, "et svar", f"{type(error).__name__}: {error}")
            ) from error
        except (requests.RequestException, ValueError) as error:
            # Where a redirect leads is looked at in sending, and half an address is a ValueError.
            raise changed(
                subject, "en adresse som kan hentes", f"{error}", "rett adressen i katalogen"
            ) from error

    def _check_open(self, subject: str) -> None:
        shut = closed_now(self._closed, self._zone, self._clock.now())
        if shut:
            window, opens = shut
            raise SourceUnavailable(
                subject=subject,
                expected="å kalle kilden utenom stengetiden",
                got=f"stengt kl. {window.start:%H:%M}–{window.end:%H:%M} ({window.reason})",
                remedy=f"prøv igjen etter kl. {opens:%H:%M} den {opens:%d.%m.%Y}",
            )

    def _redirected(
        self, prepared: requests.PreparedRequest, response: requests.Response, subject: str
    ) -> requests.PreparedRequest:
        """The request that a redirect asks for, if it stays with the publisher."""
        location = response.headers["location"]
        kept = prepared.method == "GET" or response.status_code in {307, 308}
        copy = prepared.copy()
        try:
            target = urljoin(response.url, location)
            followed = kept and same_family(response.url, target)
            if followed:
                copy.prepare_url(target, None)
        except ValueError:  # half an address; what `requests` raises is one too
            followed, target = False, location
        if not followed:
            raise changed(
                subject,
                "svar fra samme vertsfamilie over samme protokoll",
                f"viderekobling fra {response.url} til {target!r:.300}",
                "kontroller hos utgiveren at adressen er riktig, og rett den i katalogen",
            )
        return copy

    def _check_status(self, response: requests.Response, subject: str) -> None:
        status = response.status_code
        if status == 200:
            return
        body = peek(response)
        said = api_message(body, response.headers.get("content-type", ""))
        got = f"{status} {said or response.reason or ''}".strip()
        if status == 429 or status == 408 or status >= 500:
            wait = self._asked_wait(response) if status in {429, 503} else None
            if status == 429:
                self._limiter.hold(min(wait or self._rate.per_seconds, MAX_WAIT_SECONDS))
            # An empty 500 is how some servers refuse a query: trying on and on would not help.
            attempts = 2 if status == 500 and not body else self._attempts
            raise Retry(unavailable(subject, "svar 200", got), wait=wait, attempts=attempts)
        raise Refused(
            status=status,
            said=said,
            subject=subject,
            expected="svar 200",
            got=got,
            remedy="sammenlign datasettets utvalg i katalogen med det utgiveren tilbyr nå, "
            f"og rett det ({response.url[:200]})",
        )

    def _asked_wait(self, response: requests.Response) -> float | None:
        """Seconds that `Retry-After` asks for (seconds or HTTP date), if it says."""
        text = response.headers.get("retry-after", "").strip()
        if text.isdecimal():
            return float(text)
        try:
            until: datetime = parsedate_to_datetime(text)
        except ValueError:
            return None
        if until.tzinfo is None:  # "-0000" in the header
            until = until.replace(tzinfo=UTC)
        return max(0.0, (until - self._clock.now()).total_seconds())

    def _pause(self, retry: Retry, attempt: int) -> None:
        if retry.wait is not None and retry.wait > MAX_WAIT_SECONDS:
            retry.error.remedy = f"kilden ber om {retry.wait:.0f} sekunders pause; prøv igjen da"
            raise retry.error
        backoff = FIRST_BACKOFF_SECONDS * 2 ** (attempt - 1)
        base = retry.wait if retry.wait is not None else backoff / 2
        self._clock.sleep(min(base + self._jitter.uniform(0, backoff / 2), MAX_WAIT_SECONDS))


class VerifiedSession(requests.Session):
    """A session that will not send a request with TLS verification off.

    Proxies and certificate bundles still come from the environment.
    """

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send, or refuse.

        Raises:
            ConfigurationError: something has switched verification off.
        """
        if not kwargs.get("verify", self.verify) or not self.verify:
            raise ConfigurationError(
                subject="TLS",
                expected="at sertifikater kontrolleres",
                got="verify=False",
                remedy="ta bort innstillingen, og legg eventuelt egen CA i REQUESTS_CA_BUNDLE",
            )
        return super().send(request, **kwargs)


def user_agent(contact: str | None) -> str:
    """`Tilbudsplan/<version> (+contact)`, so that a publisher knows who calls."""
    try:
        number = version("tilbudsplan")
    except PackageNotFoundError:  # a checkout that was never installed
        number = "0"
    return f"Tilbudsplan/{number}" + (f" (+{contact})" if contact else "")


def same_family(origin: str, target: str) -> bool:
    """Whether a redirect stays with the publisher: no downgrade to http, no foreign domain."""
    old, new = urlsplit(origin), urlsplit(target)
    if new.scheme not in {"http", "https"} or (old.scheme, new.scheme) == ("https", "http"):
        return False
    ours, theirs = old.hostname or "", new.hostname or ""
    if ours == theirs:
        return True
    # An address in numbers has no family; names of one family share their last two labels.
    named = not ours.replace(".", "").isdecimal() and ours.count(".") > 0
    return named and ours.split(".")[-2:] == theirs.split(".")[-2:]
