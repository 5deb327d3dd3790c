"""Certificates of a test authority, servers on loopback, and a home with mails that wait."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from alert_tools import environment_of, finding, look, write_policy
from smtp_tools import Office, context_for, post_office

from tasks.journal import Journal
from tasks.settings import CHECKOUT, Rooms, Settings


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    made = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    made.cert_pem.write_to_path(path)
    return made, path


@pytest.fixture(scope="session")
def certificate(authority: tuple[trustme.CA, Path]) -> ssl.SSLContext:
    return context_for(authority[0], "127.0.0.1")


@pytest.fixture
def trusted(authority: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts the test authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[1]))


@pytest.fixture
def office() -> Iterator[Office]:
    """A server without TLS and log-in: for what happens after those."""
    with post_office() as opened:
        yield opened


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    return Rooms(tmp_path / "home")


@pytest.fixture
def journal(rooms: Rooms) -> Journal:
    """A night that found a fault: mails to its owner and to operations wait."""
    made = Journal(rooms.journal)
    look(made, 20, [finding()])
    return made


@pytest.fixture
def settings(rooms: Rooms) -> Callable[..., Settings]:
    def make(port: int, **more: Any) -> Settings:
        return Settings(
            home=rooms.home,
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_timeout_seconds=more.pop("smtp_timeout_seconds", 5),
            smtp_security=more.pop("smtp_security", "none"),
            **more,
        )

    return make


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose policy has addresses that count."""
    root = tmp_path_factory.mktemp("checkout")
    for folder in ("tasks", "flows", "sql", "data/catalogue", "data/reference", "expectations"):
        leave = shutil.ignore_patterns("__pycache__")
        shutil.copytree(CHECKOUT / folder, root / folder, ignore=leave)
    write_policy(root / "data" / "reference")
    return root


@pytest.fixture
def environment(rooms: Rooms) -> dict[str, str]:
    """What a process of this home is told, but for the port of the mail server."""
    return environment_of(rooms, 0)
