"""A night under Prefect tells: with the password from a secret block, which shows nowhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alert_tools import OPERATIONS, mails, parsed
from smtp_tools import PASSWORD, USER, free_port, post_office

from tasks.alerts import outbox
from tasks.journal import Journal
from tasks.settings import Rooms

pytestmark = pytest.mark.prefect
# A night while the block is not there; then the block, and sending as the next night would.
NIGHT = """
import sys
from flows.environment import configure
from tasks.settings import Settings
configure(Settings().rooms)
from flows import workers
from flows.nightly import nightly, send
from prefect.blocks.system import Secret
from tasks.alerts import outbox
from tasks.journal import Journal
nightly(datasets=["klass_counties"])
print(len(outbox.unsent(Journal(Settings().rooms.journal).entries())), "wait")
Secret(value=sys.argv[1]).save("epost")
send()
"""


def test_a_night_under_prefect_sends_with_a_password_from_a_block(
    checkout: Path,
    rooms: Rooms,
    environment: dict[str, str],
    with_prefect: Callable[[Path], Path],
) -> None:
    with_prefect(rooms.home)
    with post_office(login=True) as office:
        environment |= {
            "TILBUDSPLAN_PROFILE": "demo",
            # Nobody answers, so the night has something to tell.
            "TILBUDSPLAN_SOURCE_SERVER": f"http://127.0.0.1:{free_port()}",
            "TILBUDSPLAN_RETRY_PAUSE_SECONDS": "0",
            "TILBUDSPLAN_SMTP_PORT": str(office.port),
            "TILBUDSPLAN_SMTP_USER": USER,
            "TILBUDSPLAN_SMTP_PASSWORD_BLOCK": "epost",
        }
        done = subprocess.run(
            [sys.executable, "-c", NIGHT, PASSWORD],
            cwd=checkout,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    assert done.returncode == 0, done.stderr
    # Without the block the night went on, and its mails waited.
    journal = Journal(rooms.journal)
    written = {mail["id"] for mail in mails(journal)}
    assert f"{len(written)} wait" in done.stdout
    assert "hemmelighetsblokken «epost»" in done.stdout + done.stderr
    assert journal.entries("night.published")
    assert outbox.unsent(journal.entries()) == []
    assert set(office.ids) == written
    assert set(office.ids.values()) == {1}
    (told,) = (parsed(content) for to, content in office.got if to == OPERATIONS)
    assert told["Subject"].startswith("[Eksempeldata] ")

    assert PASSWORD not in done.stdout + done.stderr
    files = [path for path in rooms.home.rglob("*") if path.is_file()]
    assert any(path.name == "prefect.db" for path in files)
    assert not [path for path in files if PASSWORD.encode() in path.read_bytes()]
