"""A real SMTP server on loopback that can be told to misbehave."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import ssl
import threading
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "tilbudsplan", "Hemmelig-9f3!x"


@dataclass
class Office:
    """What a server got, and how it behaves.

    Attributes:
        got: Recipient and content of every mail that came whole, in order, answered or not.
        refuse: Answers to RCPT by address, for example `550 no such person`.
        answer: What it answers to DATA.
        drops: How many times more it breaks off in the middle of DATA.
        deaf: How many times more it takes a mail and breaks off before it answers.
        victim: A process that is stopped before the answer to DATA is sent.
    """

    port: int = 0
    got: list[tuple[str, bytes]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    answer: str = "250 taken"
    drops: int = 0
    deaf: int = 0
    slow: float = 0
    victim: int | None = None
    answered: threading.Event = field(default_factory=threading.Event)
    met: threading.Event = field(default_factory=threading.Event)
    connections: int = 0

    @property
    def ids(self) -> Counter[str]:
        """How often each Message-ID came."""
        found = [re.search(rb"(?mi)^Message-ID: (\S+)", content) for _, content in self.got]
        return Counter(match[1].decode() for match in found if match)

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _sess: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        await asyncio.sleep(self.slow)
        if not self.answer.startswith("250"):
            return self.answer
        assert isinstance(envelope.content, bytes)
        self.got += [(to, envelope.content) for to in envelope.rcpt_tos]
        if self.deaf:
            self.deaf -= 1
            assert server.transport is not None
            server.transport.abort()
        if self.victim is not None:
            os.kill(self.victim, signal.SIGSTOP)
        return self.answer


class Misbehaving(SMTP):
    office: Office

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if not self.office.drops:
            await super().smtp_DATA(arg)
            return
        self.office.drops -= 1
        await self.push("354 go on")
        await self._reader.readline()
        assert self.transport is not None
        self.transport.abort()

    async def push(self, status: str | bytes) -> None:
        await super().push(status)
        if status == "250 taken":
            self.office.answered.set()

    def connection_made(self, transport: Any) -> None:
        self.office.connections += 1
        self.office.met.set()
        super().connection_made(transport)


class _Controller(Controller):
    def factory(self) -> SMTP:
        with warnings.catch_warnings():
            # A log-in without TLS is what some tests are about; here it stays on this machine.
            warnings.simplefilter("ignore", UserWarning)
            made = Misbehaving(self.handler, **self.SMTP_kwargs)
        made.office = self.handler
        return made


@contextmanager
def post_office(
    *,
    starttls: ssl.SSLContext | None = None,
    implicit: ssl.SSLContext | None = None,
    login: bool = False,
    port: int | None = None,
) -> Iterator[Office]:
    """A server; with TLS of either kind, and where asked for with a log-in."""
    office = Office(port=port or free_port())
    more: dict[str, Any] = {}
    if starttls:
        more |= {"tls_context": starttls, "require_starttls": True}
    if login:
        more |= {"authenticator": _authenticated, "auth_required": True}
        more["auth_require_tls"] = bool(starttls)
    server = _Controller(
        office, hostname="127.0.0.1", port=office.port, ssl_context=implicit, **more
    )
    server.start()
    # The controller tries its own door.
    office.connections = 0
    office.met.clear()
    try:
        yield office
    finally:
        server.stop()


def context_for(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _authenticated(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
) -> AuthResult:
    assert isinstance(data, LoginPassword)
    right = data == LoginPassword(USER.encode(), PASSWORD.encode())
    # A server that is careless with what it hears.
    said = f"535 wrong: {data.password.decode()}"
    return AuthResult(success=right, handled=False, message=None if right else said)
