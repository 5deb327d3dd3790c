"""What the commands say of mails, and the units that start the watchdog."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from alert_tools import INTAKE, OPERATIONS, mails, parsed, text_of, write_policy
from smtp_tools import Office, free_port

from flows import cli, watch_command
from tasks.journal import Journal
from tasks.settings import CHECKOUT, Project, Rooms

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
    assert "ingen svarer på porten" in " ".join(said.split())
    monkeypatch.delenv("TILBUDSPLAN_SMTP_HOST")
    code, said = ask("mail", "send", "--json")
    assert code == 1
    assert "TILBUDSPLAN_SMTP_HOST" in json.loads(said)["trouble"]


@pytest.mark.usefixtures("journal")
def test_a_reason_that_many_share_is_told_once_and_lines_fit_the_window(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILBUDSPLAN_SMTP_PORT", str(free_port()))
    monkeypatch.setenv("COLUMNS", "80")
    ask("mail", "send")
    said = ask("mail", "list")[1]
    assert said.count(OPERATIONS) == said.count(INTAKE) == 1
    assert " ".join(said.split()).count("at ingen svarer på porten") == 1
    assert max(map(len, said.splitlines())) <= 80


@pytest.mark.usefixtures("journal")
def test_what_is_sent_shows_no_reason_from_before(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, office: Office
) -> None:
    monkeypatch.setenv("TILBUDSPLAN_SMTP_PORT", str(free_port()))
    ask("mail", "send")
    monkeypatch.setenv("TILBUDSPLAN_SMTP_PORT", str(office.port))
    ask("mail", "send")
    said = ask("mail", "list", "--all")[1]
    assert said.count("sendt") == 2
    assert "svarer" not in said
    assert {one["reason"] for one in json.loads(ask("mail", "list", "--all", "--json")[1])} == {
        None
    }


def test_one_mail_is_shown_whole_and_what_became_of_it(
    ask: Ask, journal: Journal, office: Office
) -> None:
    office.refuse[INTAKE] = "550 no such person"
    ask("mail", "send")
    numbers = {mail["to"]: str(n) for n, mail in enumerate(mails(journal), start=1)}
    said = ask("mail", "show", numbers[INTAKE])[1]
    for part in (
        "venter, forsøkt 1 gang, sist ",
        "550 no such person",
        "kilden svarte 503",
        "Ansvar",
    ):
        assert part in said
    sent = ask("mail", "show", numbers[OPERATIONS])[1]
    assert "Tilstand: sendt " in sent
    assert "Hvorfor:" not in sent
    (identity,) = (mail["id"] for mail in mails(journal) if mail["to"] == INTAKE)
    for name in (identity, identity.strip("<>")):
        assert ask("mail", "show", name)[1] == said
    assert "kilden svarte 503" in json.loads(ask("mail", "show", identity, "--json")[1])["text"]
    # A number stays when what stands before it is sent.
    assert [one["number"] for one in json.loads(ask("mail", "list", "--json")[1])] == [
        int(numbers[INTAKE])
    ]
    for unknown in ("0", "9", "x@y"):
        code, refusal = ask("mail", "show", unknown)
        assert (code, "mail list --all" in refusal) == (1, True)


@pytest.fixture
def addressed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checkout's policy, with addresses that count."""
    write_policy(tmp_path / "data" / "reference")
    monkeypatch.setattr("flows.mail_commands.Project", lambda: Project(tmp_path))


@pytest.mark.usefixtures("addressed")
def test_a_test_mail_goes_past_the_outbox_and_says_how_it_went(
    ask: Ask, rooms: Rooms, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = ask("mail", "test", INTAKE)
    assert (code, f"Testmeldingen til {INTAKE} er tatt imot" in said) == (0, True)
    ((to, content),) = office.got
    assert to == INTAKE
    assert "Ingenting er galt" in " ".join(text_of(parsed(content)).split())
    assert Journal(rooms.journal).entries() == []
    office.refuse[INTAKE] = "550 no such person"
    code, said = ask("mail", "test", INTAKE)
    assert code == 1
    assert "ble ikke sendt" in said
    assert "550 no such person" in " ".join(said.split())
    told = json.loads(ask("mail", "test", INTAKE, "--json")[1])
    assert (told["sent"], "550" in told["reason"]) == (False, True)
    assert Journal(rooms.journal).entries() == []
    assert ask("mail", "test", "Kari <kari@fylket.example>")[0] == 2
    monkeypatch.delenv("TILBUDSPLAN_SMTP_HOST")
    code, said = ask("mail", "test", INTAKE)
    assert (code, "TILBUDSPLAN_SMTP_HOST" in said) == (1, True)


def test_a_test_mail_needs_a_sender(ask: Ask, office: Office) -> None:
    code, said = ask("mail", "test", INTAKE)
    assert (code, "[sender]" in said) == (1, True)
    assert office.got == []


@pytest.mark.parametrize(
    "command",
    [
        ("mail",),
        ("mail", "list"),
        ("mail", "show"),
        ("mail", "send"),
        ("mail", "test"),
        ("watchdog",),
    ],
)
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
    # What the watchdog exits with is told apart by the units as the page says.
    assert f"SuccessExitStatus={watch_command.UNSENT}" in texts["tilbudsplan-watchdog.service"]
    assert f"SuccessExitStatus={watch_command.WRONG}" in texts["tilbudsplan-stopped.service"]
    for text in (texts["tilbudsplan-watchdog.service"], cron):
        assert "-m flows.cli watchdog" in text
    assert "watchdog --stopped tilbudsplan.service" in texts["tilbudsplan-stopped.service"]
    assert ask("watchdog", "--help")[0] == 0
    # No unit waits for the one that it watches.
    assert "tilbudsplan.service" not in texts["tilbudsplan-watchdog.service"]
