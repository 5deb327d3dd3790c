"""Real processes: a sender that is killed, two that send at once, and a watchdog beside them."""

from __future__ import annotations

import json
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from alert_tools import INTAKE, OPERATIONS, environment_of, finding, look, mails, parsed, text_of
from smtp_tools import PASSWORD, USER, Office, free_port, post_office

from tasks import dates, locks
from tasks.alerts import open_findings, outbox
from tasks.journal import Journal
from tasks.settings import CHECKOUT, Rooms, Settings, oslo_today

pytestmark = pytest.mark.process
PATIENCE = 60
SEND = """
import sys
from pathlib import Path
from tasks.alerts import outbox
from tasks.settings import Settings
made = Settings()
print(len(outbox.send(made.rooms, made, force=True).sent))
"""


# Every command that says something of e-mail, in one process.
COMMANDS = """
from flows import cli
for command in ("watchdog", "watchdog --json", "mail send", "mail list --json", "status", "doctor"):
    cli.run(command.split())
"""


def sender(rooms: Rooms, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SEND],
        cwd=CHECKOUT,
        env=environment_of(rooms, port),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# Senders --------------------------------------------------------------------------------------


def test_a_sender_killed_between_the_answer_and_our_mark_sends_the_same_mail_again(
    rooms: Rooms, journal: Journal, office: Office
) -> None:
    process = sender(rooms, office.port)
    # The server stops the sender, answers 250, and only then is it killed: it never saw the answer.
    office.victim = process.pid
    assert office.answered.wait(PATIENCE)
    process.kill()
    process.wait(PATIENCE)
    assert sum(office.ids.values()) == 1
    assert journal.entries("mail.sent") == []

    office.victim = None
    out, err = sender(rooms, office.port).communicate(timeout=PATIENCE)
    assert (out, err) == ("2\n", "")
    first, second = (mail["id"] for mail in mails(journal))
    assert office.ids == {first: 2, second: 1}
    assert outbox.unsent(journal.entries()) == []
    # Byte for byte the same, so a mail program shows one.
    assert len({content for _, content in office.got}) == 2


@pytest.mark.parametrize("when", range(6))
def test_a_sender_killed_at_any_moment_loses_nothing(
    when: int, rooms: Rooms, journal: Journal, office: Office
) -> None:
    look(journal, 21, [finding(), *(finding("pupils", day=21, owner=o) for o in ("okonomi",))])
    written = [mail["id"] for mail in mails(journal)]
    office.slow = 0.05
    process = sender(rooms, office.port)
    assert office.met.wait(PATIENCE)
    try:
        process.wait(when * 0.04)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    office.slow = 0
    assert sender(rooms, office.port).communicate(timeout=PATIENCE)[1] == ""
    journal.verify()
    assert outbox.unsent(journal.entries()) == []
    assert set(office.ids) == set(written)
    assert all(times in {1, 2} for times in office.ids.values())


def test_two_senders_at_once_send_each_mail_once(
    rooms: Rooms, journal: Journal, office: Office
) -> None:
    office.slow = 0.2
    both = [sender(rooms, office.port) for _ in range(2)]
    ended = [process.communicate(timeout=PATIENCE) for process in both]
    assert set(office.ids.values()) == {1}
    assert len(office.ids) == 2
    # The other one was told so, or came when all was sent.
    assert sorted(out.strip() or "locked" for out, _ in ended) in (["0", "2"], ["2", "locked"])
    assert all("NightLocked" in err for out, err in ended if not out)


# The watchdog ---------------------------------------------------------------------------------


Watch = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def watch(checkout: Path, rooms: Rooms, office: Office) -> Watch:
    rooms.home.mkdir(exist_ok=True)

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        limit = more.pop("file_size", None)

        def confine() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit or 0), int(limit or 0)))

        return subprocess.run(
            [sys.executable, "-m", "flows.cli", "watchdog", *arguments],
            cwd=checkout,
            env=environment_of(rooms, more.pop("port", str(office.port)), **more),  # type: ignore[arg-type]
            preexec_fn=confine if limit else None,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=PATIENCE,
        )

    return run


def begun(rooms: Rooms, days_ago: int, *, ended: bool = True) -> None:
    journal = Journal(rooms.journal)
    night = {"night": f"n{days_ago}", "as_of": str(oslo_today() - timedelta(days=days_ago))}
    journal.append("night.begun", night)
    if ended:
        journal.append("night.failed", {**night, "reason": "x"})


def subjects(office: Office) -> list[str]:
    return [parsed(content)["Subject"] for to, content in office.got if to == OPERATIONS]


def test_a_night_that_never_began_is_told_once_and_when_it_is_over(
    watch: Watch, rooms: Rooms, office: Office
) -> None:
    journal = Journal(rooms.journal)
    journal.append("night.begun", {"night": "old", "as_of": str(oslo_today() - timedelta(days=9))})
    journal.append("night.published", {"night": "old", "tables": 0})
    rooms.warehouse.parent.mkdir()
    rooms.warehouse.write_bytes(b"no database")
    for _ in range(2):
        done = watch()
        assert done.returncode == 1, done.stderr
        assert "begynte ikke" in done.stdout
        assert "Traceback" not in done.stderr
    kinds = {f.kind for f in open_findings(journal)}
    assert kinds == {"unstarted", "unreadable"}
    assert len(office.got) == 1
    assert "2 nye" in subjects(office)[0]
    journal.append("night.begun", {"night": "new", "as_of": str(oslo_today())})
    journal.append("night.failed", {"night": "new", "reason": "x"})
    assert watch().returncode == 1
    assert "begynte ikke, løst" in subjects(office)[-1]
    assert [f.kind for f in open_findings(journal)] == ["unreadable"]


def test_a_night_that_was_killed_is_told_and_one_that_runs_is_not(
    watch: Watch, rooms: Rooms, office: Office
) -> None:
    begun(rooms, 0, ended=False)
    with locks.night_lock(rooms.lock):
        found = json.loads(watch("--json").stdout)["found"]
        assert [f["kind"] for f in found if f["kind"] == "unfinished"] == []
    done = watch("--json")
    (found,) = json.loads(done.stdout)["found"]
    assert (found["kind"], done.returncode) == ("unfinished", 1)
    assert "prosessen er borte" in found["reason"]
    assert "ble ikke ferdig" in subjects(office)[-1]


def test_all_is_well_says_so_and_sends_what_waits(
    watch: Watch, rooms: Rooms, office: Office
) -> None:
    journal = Journal(rooms.journal)
    look(journal, 20, [finding()])
    begun(rooms, 0)
    done = watch()
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Alt er vel."), done.stderr
    assert sorted(to for to, _ in office.got) == [OPERATIONS, INTAKE]
    assert watch().stdout == "Alt er vel.\n"


def test_a_service_that_stopped_is_told(watch: Watch, rooms: Rooms, office: Office) -> None:
    begun(rooms, 0)
    before = oslo_today()
    assert watch("--stopped", "tilbudsplan.service").returncode == 1
    assert watch().returncode == 0
    (subject,) = subjects(office)
    # Midnight may pass meanwhile.
    days = {dates.day(day) for day in (before, oslo_today())}
    assert subject in {f"Natten: tjenesten stoppet (Tilbudsplan, {day})" for day in days}
    assert "systemctl start tilbudsplan" in text_of(parsed(office.got[0][1]))


@pytest.mark.parametrize("fault", ["broken chain", "no room", "no home"])
def test_where_the_journal_cannot_be_used_it_mails_directly_and_once_a_day(
    fault: str, watch: Watch, rooms: Rooms, office: Office, tmp_path: Path
) -> None:
    begun(rooms, 0)
    run_folder = tmp_path / "run"
    run_folder.mkdir()
    more = {"RUNTIME_DIRECTORY": str(run_folder)}
    match fault:
        case "broken chain":
            path = Journal(rooms.journal).path
            path.write_bytes(path.read_bytes().replace(b'"n0"', b'"n1"', 1))
        case "no room":
            # No file may grow: what the process meets is what it meets on a full disk.
            more = {"file_size": "1", "TMPDIR": str(tmp_path)}
        case "no home":
            shutil.rmtree(rooms.home)
    path = Journal(rooms.journal).path
    before = path.read_bytes() if path.exists() else None
    today = oslo_today()
    for _ in range(2):
        done = watch(**more)
        assert done.returncode == 1
        assert "Journalen kan ikke brukes" in done.stdout
        assert "Traceback" not in done.stderr
    days = {dates.day(day) for day in (today, oslo_today())}
    assert subjects(office)
    assert set(subjects(office)) <= {
        f"Journalen: kan ikke brukes (Tilbudsplan, {day})" for day in days
    }
    # Where not even a file of a few bytes can be written it mails again, as the same mail.
    assert len(office.ids) == 1
    assert set(office.ids.values()) == {2 if fault == "no room" else 1}
    assert (path.read_bytes() if path.exists() else None) == before
    assert rooms.home.exists() == (fault != "no home")


def test_a_mail_server_that_is_down_is_told_on_the_page_and_the_mail_waits(
    watch: Watch, rooms: Rooms, office: Office
) -> None:
    begun(rooms, 3)
    done = watch(port=str(free_port()))
    assert done.returncode == 1
    assert "1 venter" in done.stdout
    journal = Journal(rooms.journal)
    assert len(outbox.unsent(journal.entries())) == 1
    made = Settings(home=rooms.home, smtp_host="127.0.0.1", smtp_port=office.port)
    made = made.model_copy(update={"smtp_security": "none"})
    assert len(outbox.send(rooms, made, force=True).sent) == 1


def test_a_night_that_is_fine_is_told_apart_from_mail_that_does_not_go_out(
    watch: Watch, rooms: Rooms
) -> None:
    look(Journal(rooms.journal), 20, [finding()])
    begun(rooms, 0)
    # At once, and in the pause between two attempts.
    for port in (str(free_port()), str(free_port())):
        done = watch(port=port)
        assert done.returncode == 3, done.stdout + done.stderr
        assert "E-post går ikke ut: " in done.stdout
        assert "ingen svarer på porten" in done.stdout
        assert done.stdout.splitlines()[-1] == "Ellers er alt vel."
    assert json.loads(watch("--json", port=str(free_port())).stdout)["exit_code"] == 3


def test_the_watchdog_imports_nothing_heavy() -> None:
    script = (
        "import sys, flows.cli, tasks.watchdog, flows.watch_command\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    heavy = {"prefect", "great_expectations", "polars", "duckdb", "pandas", "numpy", "jinja2"}
    assert not heavy & set(done.stdout.split())


# Secrets --------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["sent", "wrong password", "refused", "down", "drops", "direct"])
def test_the_password_is_in_no_file_and_in_no_output(
    how: str, rooms: Rooms, checkout: Path
) -> None:
    begun(rooms, 3)
    login = {"TILBUDSPLAN_SMTP_USER": USER, "TILBUDSPLAN_SMTP_PASSWORD": PASSWORD}
    with post_office(login=True) as strict:
        port = str(strict.port)
        secret = PASSWORD
        match how:
            case "wrong password":
                secret = "Galt-passord-77!"
            case "refused":
                # A careless server that repeats what it heard.
                strict.refuse[OPERATIONS] = f"550 {PASSWORD} no"
            case "down":
                port = str(free_port())
            case "drops":
                strict.drops = 9
            case "direct":
                Journal(rooms.journal).path.write_text("{}\n{}\n", encoding="utf-8")
        login["TILBUDSPLAN_SMTP_PASSWORD"] = secret
        done = subprocess.run(
            [sys.executable, "-c", COMMANDS],
            cwd=checkout,
            env=environment_of(rooms, int(port), **login),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert "E-post: " in done.stdout
        if how in {"sent", "direct"}:
            assert strict.got
    assert secret not in done.stdout + done.stderr
    files = [path for path in rooms.home.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if secret.encode() in path.read_bytes()]
