"""Findings live as long as the trouble; an e-mail check tells what is wrong, not the password."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import cast

import pytest

from tasks.alerts import Finding, check_smtp, open_findings, record
from tasks.errors import ConfigurationError
from tasks.journal import Journal
from tasks.settings import Settings


def finding(dataset: str, day: int, kind: str = "fetch", reason: str = "503") -> Finding:
    return Finding(dataset, kind, "inntak", reason, date(2026, 11, day))


def test_a_finding_is_opened_repeated_and_closed(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert record(journal, "n1", []) == []
    assert journal.entries() == []
    record(journal, "n1", [finding("a", 1), finding("b", 1), finding("a", 1, "warn")])
    record(journal, "n2", [finding("a", 2, reason="cut off")])
    (left,) = open_findings(journal)
    assert (left.key[:2], left.since, left.nights) == (("a", "fetch"), date(2026, 11, 1), 2)
    assert left.reason == "cut off"
    record(journal, "n3", [])
    assert open_findings(journal) == []
    (again,) = record(journal, "n4", [finding("a", 4)])
    assert (again.since, again.nights) == (date(2026, 11, 4), 1)
    journal.verify()


def test_a_night_that_is_run_again_the_same_day_counts_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for night, day in enumerate((1, 1, 2, 2, 2, 4), start=1):
        record(journal, f"n{night}", [finding("a", day), finding("b", 4)][: 1 + (day == 4)])
    first, second = open_findings(journal)
    assert (first.since, first.nights) == (date(2026, 11, 1), 3)
    assert (second.since, second.nights) == (date(2026, 11, 4), 1)


class Mail(socketserver.StreamRequestHandler):
    """Just enough of a mail server to greet and to refuse a password, echoing what it got."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            word = line.split()[0].upper()
            if word == b"EHLO":
                self.wfile.write(b"250-here\r\n250 AUTH PLAIN\r\n")
            elif word == b"AUTH":
                self.wfile.write(b"535 wrong: top-secret\r\n")
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"502 what\r\n")


@pytest.fixture
def port() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield cast("tuple[str, int]", server.server_address)[1]
        server.shutdown()


def settings(port: int, **more: object) -> Settings:
    values = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", **more}
    return Settings.model_validate(values)


def test_a_server_that_answers_is_fine_and_none_is_a_choice(port: int) -> None:
    assert check_smtp(settings(port)) is True
    assert check_smtp(Settings()) is False


def test_a_refused_password_is_not_repeated(port: int) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        check_smtp(settings(port, smtp_user="u", smtp_password="top-secret"))
    assert "535" in str(refusal.value)
    assert "top-secret" not in str(refusal.value)


def test_tls_that_is_not_there_is_told(port: int) -> None:
    with pytest.raises(ConfigurationError, match="starttls"):
        check_smtp(settings(port, smtp_security="starttls"))
