"""Nights that tell: what they find is mailed once, through a real server, and none fails for it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from alert_tools import INTAKE, OPERATIONS, mails, parsed, text_of, write_policy
from smtp_tools import Office, free_port, post_office
from store_tools import RunNight, Source

from tasks import alerts, night
from tasks.errors import CatalogueError, ConfigurationError
from tasks.journal import Journal
from tasks.settings import CHECKOUT, Project, Settings

FIRST, SECOND, THIRD = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)


@pytest.fixture
def office() -> Iterator[Office]:
    with post_office() as opened:
        yield opened


@pytest.fixture
def settings(tmp_path: Path, project: Project, office: Office) -> Settings:
    write_policy(project.reference)
    return Settings(
        home=tmp_path / "home", smtp_host="127.0.0.1", smtp_port=office.port, smtp_security="none"
    )


def subjects(office: Office, to: str = INTAKE) -> list[str]:
    return [parsed(content)["Subject"] for address, content in office.got if address == to]


def test_a_fault_is_mailed_once_and_when_it_is_over(
    settings: Settings, run_night: RunNight, source: Source, office: Office
) -> None:
    run_night(FIRST)
    assert night.send(settings).sent == ()
    good = source.files.pop("places.csv")
    for as_of in (SECOND, SECOND, THIRD):
        run_night(as_of)
        night.send(settings)
    assert subjects(office) == ["Plasser (places): ikke hentet (Tilbudsplan, 21. november 2026)"]
    assert "503" in text_of(parsed(office.got[0][1]))
    source.files["places.csv"] = good
    run_night(date(2026, 11, 23))
    night.send(settings)
    resolved = "Plasser (places): ikke hentet, løst (Tilbudsplan, 23. november 2026)"
    assert subjects(office)[1:] == [resolved]
    assert set(office.ids.values()) == {1}


def test_a_mart_is_called_by_its_title_and_what_is_touched_is_told(
    settings: Settings, run_night: RunNight, source: Source
) -> None:
    source.files["places.csv"] = b"school;places\nA;-1\nB;45\n"
    run_night(FIRST)
    (mine,) = (m for m in mails(Journal(settings.rooms.journal)) if m["to"] == INTAKE)
    text = " ".join(text_of(parsed(mine["content"])).split())
    assert "Plasser (places) – stoppet" in text
    assert "Plasser er ikke negative." in text
    assert "«tilbudsplan quarantine show places»" in text


def test_no_mail_server_makes_a_night_fail(
    settings: Settings, run_night: RunNight, source: Source, office: Office
) -> None:
    del source.files["places.csv"]
    away = settings.model_copy(update={"smtp_port": free_port()})
    run_night(FIRST)
    done = night.send(away)
    assert done.waiting == 2
    assert done.trouble
    # A night whose journal cannot be read has other worries than its mails.
    path = Journal(settings.rooms.journal).path
    whole = path.read_bytes()
    path.write_bytes(b"{}\n" + whole)
    assert "journal.jsonl" in str(night.send(settings).trouble)
    path.write_bytes(whole)
    assert office.got == []


def break_catalogue(project: Project) -> None:
    file = project.catalogue / "county.toml"
    file.write_text(file.read_text(encoding="utf-8") + "\nx = 1\n", encoding="utf-8")


def test_a_night_that_cannot_begin_is_mailed_counted_and_closed_by_the_next(
    settings: Settings, project: Project, run_night: RunNight, source: Source, office: Office
) -> None:
    del source.files["pupils.csv"]
    run_night(FIRST)
    night.send(settings)
    whole = (project.catalogue / "county.toml").read_text(encoding="utf-8")
    break_catalogue(project)
    for as_of in (SECOND, THIRD):
        with pytest.raises(CatalogueError):
            run_night(as_of)
        night.send(settings)
    journal = Journal(settings.rooms.journal)
    open_now = {f.kind: f.nights for f in alerts.open_findings(journal)}
    assert open_now == {"fetch": 1, "night": 2}
    failed = "Natten: mislyktes (Tilbudsplan, 21. november 2026)"
    assert subjects(office, OPERATIONS)[1:] == [failed]
    assert "county.toml" in text_of(parsed(office.got[-1][1]))

    (project.catalogue / "county.toml").write_text(whole, encoding="utf-8")
    run_night(date(2026, 11, 23))
    night.send(settings)
    assert {f.kind for f in alerts.open_findings(journal)} == {"fetch"}
    last = parsed([content for to, content in office.got if to == OPERATIONS][-1])
    assert "mislyktes" in text_of(last)
    assert "Løst" in text_of(last)


def test_a_night_that_cannot_be_built_is_mailed_also_where_the_policy_is_what_is_broken(
    settings: Settings, project: Project, run_night: RunNight, office: Office
) -> None:
    run_night(FIRST)
    (project.reference / "alerts.toml").write_text("[sender", encoding="utf-8")
    (project.sql / "marts" / "coverage.sql").write_text("no header", encoding="utf-8")
    with pytest.raises(ConfigurationError):
        run_night(SECOND)
    night.send(settings)
    assert subjects(office, OPERATIONS) == ["Natten: mislyktes (Tilbudsplan, 21. november 2026)"]
    (failed,) = Journal(settings.rooms.journal).entries("night.failed")
    (told,) = alerts.open_findings(Journal(settings.rooms.journal))
    assert failed.payload["reason"] == told.reason


KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from store_tools import whole_night
from tasks import alerts, night, recovery, warehouse
from tasks.settings import CHECKOUT, Project, Settings

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

moment = sys.argv[4]
if moment == "before the entry":
    alerts.record = die
elif moment == "before it is announced":
    recovery.announce = die
elif moment == "before the first rename":
    was = recovery.announce
    recovery.announce = lambda *a: (was(*a), die())
elif moment == "after publishing":
    night.data_docs.write = die
whole_night(Settings(home=Path(sys.argv[2])), Project(Path(sys.argv[3])), date(2026, 11, 21))
"""


@pytest.mark.process
@pytest.mark.parametrize(
    "moment",
    ["before the entry", "before it is announced", "before the first rename", "after publishing"],
)
def test_a_night_that_is_killed_and_run_again_tells_once(
    moment: str,
    settings: Settings,
    project: Project,
    run_night: RunNight,
    source: Source,
    office: Office,
) -> None:
    run_night(FIRST)
    del source.files["places.csv"]
    script = [sys.executable, "-c", KILLED, str(Path(__file__).parent)]
    process = [*script, str(settings.home), str(project.root), moment]
    done = subprocess.run(process, cwd=CHECKOUT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    run_night(SECOND)
    night.send(settings)
    assert subjects(office) == ["Plasser (places): ikke hentet (Tilbudsplan, 21. november 2026)"]
    (left,) = alerts.open_findings(Journal(settings.rooms.journal))
    assert (left.since, left.nights) == (SECOND, 1)
