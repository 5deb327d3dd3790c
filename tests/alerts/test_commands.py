"""What the commands say of mails, and the units that start the watchdog."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from alert_tools import INTAKE, OPERATIONS, mails
from smtp_tools import Office, free_port

from flows import cli
from tasks.journal import Journal
from tasks.settings import CHECKOUT, Rooms

Ask = Callable[..., tuple[int, str]]
UNITS = sorted([*(CHECKOUT / "deploy").glob("*.service"), *(CHECKOUT / "deploy").glob("*.timer")])


@pytest.fixture
def ask(
    rooms: Rooms,
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Ask:
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(rooms.home))
    monkeypatch.setenv("TILBUDSPLAN_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("TILBUDSPLAN_SMTP_PORT", str(office.port))
    monkeypatch.setenv("TILBUDSPLAN_SMTP_SECURITY", "none")

    def run(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = cli.run(list(arguments))
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return code, said.out + said.err

    return run


def test_what_waits_is_listed_sent_and_then_only_listed_when_asked_for(
    ask: Ask, journal: Journal, office: Office
) -> None:
    office.refuse[INTAKE] = "550 no such person"
    assert ask("mail", "send")[0] == 1
    code, said = ask("mail", "list")
    assert code == 0
    assert OPERATIONS not in said
    for part in ("venter", INTAKE, "Plasser (places): ikke hentet", "550 no such person"):
        assert part in said
    _, said = ask("status")
    assert "E-post som venter: 1" in said
    (told,) = json.loads(ask("status", "--json")[1])["mail"]
    assert (told["to"], told["state"]) == (INTAKE, "waiting")
    _, said = ask("doctor")
    assert "1 venter på å bli sendt" in said

    office.refuse.clear()
    assert ask("mail", "send") == (0, "E-post: 1 sendt, 0 venter.\n")
    assert ask("mail", "list") == (0, "Ingen e-post venter.\n")
    listed = json.loads(ask("mail", "list", "--all", "--json")[1])
    assert {one["id"] for one in listed} == {mail["id"] for mail in mails(journal)}
    assert {one["state"] for one in listed} == {"sent"}
    assert "E-post som venter" not in ask("status")[1]


def test_what_is_given_up_says_what_to_do(ask: Ask, journal: Journal, office: Office) -> None:
    office.refuse[INTAKE] = "550 no such person"
    for _ in range(10):
        ask("mail", "send")
    said = ask("mail", "list")[1]
    assert "gitt opp" in said
    assert "Rett adressen" in said


def test_before_any_mail_and_without_a_server(
    ask: Ask, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask("mail", "list") == (0, "Ingen e-post er skrevet ennå.\n")
    assert ask("mail", "send") == (0, "E-post: 0 sendt, 0 venter.\n")


@pytest.mark.usefixtures("journal")
def test_sending_to_a_server_that_is_down_says_why(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILBUDSPLAN_SMTP_PORT", str(free_port()))
    code, said = ask("mail", "send")
    assert code == 1
    assert "E-post: 0 sendt, 2 venter." in said
    assert "ingen svarer på porten" in said
    monkeypatch.delenv("TILBUDSPLAN_SMTP_HOST")
    code, said = ask("mail", "send", "--json")
    assert code == 1
    assert "TILBUDSPLAN_SMTP_HOST" in json.loads(said)["trouble"]


@pytest.mark.parametrize("command", [("mail",), ("mail", "list"), ("mail", "send"), ("watchdog",)])
def test_help_is_norwegian(ask: Ask, command: tuple[str, ...]) -> None:
    code, said = ask(*command, "--help")
    assert code == 0
    for english in ("Options", "Commands", "Show this", "[required]", "<str>"):
        assert english not in said


def test_the_doctor_says_who_has_no_address(ask: Ask) -> None:
    _, said = ask("doctor")
    assert "får ingen e-post" in " ".join(said.split())
    assert "owners.inntak" in said


# Units ----------------------------------------------------------------------------------------


SYSTEMD = shutil.which("systemd-analyze")


@pytest.mark.skipif(SYSTEMD is None, reason="systemd is not here")
def test_the_units_hold(tmp_path: Path) -> None:
    """As systemd reads them, with the checkout where they expect it to be."""
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/tilbudsplan", str(CHECKOUT))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [str(SYSTEMD), "verify", "--man=no", *map(str, tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "tilbudsplan" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


def test_the_units_name_each_other_and_commands_that_exist(ask: Ask) -> None:
    texts = {unit.name: unit.read_text(encoding="utf-8") for unit in UNITS}
    assert "OnFailure=tilbudsplan-stopped.service" in texts["tilbudsplan.service"]
    assert texts.keys() == {
        "tilbudsplan.service",
        "tilbudsplan-backup.service",
        "tilbudsplan-backup.timer",
        "tilbudsplan-stopped.service",
        "tilbudsplan-watchdog.service",
        "tilbudsplan-watchdog.timer",
    }
    cron = (CHECKOUT / "deploy" / "tilbudsplan-watchdog.cron").read_text(encoding="utf-8")
    for text in (texts["tilbudsplan-watchdog.service"], cron):
        assert "-m flows.cli watchdog" in text
    assert "watchdog --stopped tilbudsplan.service" in texts["tilbudsplan-stopped.service"]
    assert ask("watchdog", "--help")[0] == 0
    # No unit waits for the one that it watches.
    assert "tilbudsplan.service" not in texts["tilbudsplan-watchdog.service"]
