"""The flows under Prefect: by hand without a server, and with one, driven as its page does."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import requests
import yaml

from flows.serve import serving
from tasks import dates
from tasks.settings import CHECKOUT, OSLO, Settings, oslo_today

# Whole pipelines take minutes where a machine is slow, and that is no failure.
PATIENCE_SECONDS = 800
pytestmark = [pytest.mark.prefect, pytest.mark.timeout(900)]

OUR_NAMES = ("TILBUDSPLAN_", "PREFECT_", "DO_NOT_TRACK")
# As few as there can be: these tests are about the way of the figures, not the figures.
DRAWS = 50
NOISE = ("Traceback", "nanobind", "INFO", "ERROR")


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OUR_NAMES)}
    return {**kept, "TILBUDSPLAN_HOME": str(home), **more}


def tilbudsplan(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows.cli", *arguments],
        cwd=CHECKOUT,
        env=environment(home, **more),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


# Without a server -----------------------------------------------------------------------------


def test_the_demo_goes_from_sources_to_report(tmp_path: Path) -> None:
    home, before = tmp_path / "home", oslo_today()
    done = tilbudsplan(home, "demo", TILBUDSPLAN_DRAWS=str(DRAWS))
    assert done.returncode == 0, done.stderr
    for noise in NOISE:
        assert noise not in done.stdout + done.stderr

    facts = json.loads(tilbudsplan(home, "status", "--json", TILBUDSPLAN_PROFILE="demo").stdout)
    assert facts["run"].startswith("2027-28-")
    assert facts["run"] in done.stdout
    assert facts["night"]["as_of"] in {day.isoformat() for day in (before, oslo_today())}
    report = Path(facts["report"])
    assert "2027/28" in report.read_text(encoding="utf-8")
    assert list(report.parent.glob("*.xlsx"))

    with sqlite3.connect(home / "prefect" / "prefect.db") as database:
        artifacts = dict(database.execute("select key, data from artifact where key is not null"))
    assert {"natt", "rapport"} <= artifacts.keys()
    assert "# Natten" in artifacts["natt"]
    assert report.name in artifacts["rapport"]


def test_a_refusal_inside_a_flow_is_one_norwegian_sentence(tmp_path: Path) -> None:
    (tmp_path / "profile").write_text("live", encoding="utf-8")
    done = tilbudsplan(tmp_path, "demo")
    assert done.returncode == 1
    assert "en mappe for profilen «demo», men fikk en mappe for profilen «live»" in done.stderr
    for noise in NOISE:
        assert noise not in done.stdout + done.stderr


# With a server --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Api:
    """Prefect's REST API, as its page uses it."""

    address: str
    home: Path

    def ask(self, method: str, path: str, **body: Any) -> requests.Response:
        """Ask, and ask again while the server's database is busy, as Prefect's own clients do."""
        for _ in range(20):
            answer = requests.request(
                method, f"{self.address}/api{path}", json=body or None, timeout=30
            )
            if answer.status_code != 503:
                break
            time.sleep(0.5)
        return answer

    def get(self, method: str, path: str, **body: Any) -> Any:
        answer = self.ask(method, path, **body)
        assert answer.ok, answer.text
        return answer.json()

    def deployment(self, name: str) -> dict[str, Any]:
        (found,) = [d for d in self.get("POST", "/deployments/filter") if d["name"] == name]
        return dict(found)

    def start(self, name: str, **parameters: Any) -> requests.Response:
        path = f"/deployments/{self.deployment(name)['id']}/create_flow_run"
        return self.ask("POST", path, parameters=parameters)

    def finished(self, run: requests.Response) -> dict[str, Any]:
        """Wait until a flow run has ended, and give its last state."""
        assert run.ok, run.text
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            state = self.get("GET", f"/flow_runs/{run.json()['id']}")["state"]
            if state["type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}:
                return dict(state)
            time.sleep(0.5)
        pytest.fail(f"not finished: {state}; see {self.home / 'logs'}")

    def artifact(self, key: str) -> str:
        wanted = {"key": {"any_": [key]}}
        found = self.get("POST", "/artifacts/filter", artifacts=wanted, sort="CREATED_DESC")
        return str(found[0]["data"])


@pytest.fixture(scope="module")
def api(
    tmp_path_factory: pytest.TempPathFactory, with_prefect: Callable[[Path], Path]
) -> Iterator[Api]:
    home = with_prefect(tmp_path_factory.mktemp("served") / "home")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(
        environment(
            home,
            TILBUDSPLAN_PROFILE="demo",
            TILBUDSPLAN_SERVER_PORT=port,
            # Once an hour is too seldom for a test.
            PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS="1",
        )
    )
    try:
        with serving(Settings()) as address:
            yield Api(address, home)
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_the_night_is_scheduled_at_half_past_three_in_oslo(api: Api) -> None:
    (schedule,) = api.deployment("natt")["schedules"]
    assert schedule["active"]
    assert schedule["schedule"]["cron"] == "30 3 * * *"
    assert schedule["schedule"]["timezone"] == "Europe/Oslo"
    assert api.deployment("dimensjonering")["schedules"] == []


def test_runs_older_than_the_nights_that_are_kept_are_cleared_away(api: Api) -> None:
    flow = api.get("POST", "/flows/", name="old")["id"]
    runs = {}
    for days in (400, 91, 89):
        run = api.get("POST", "/flow_runs/", flow_id=flow, name=f"{days} days")["id"]
        state = {"type": "COMPLETED", "name": "Completed"}
        api.get("POST", f"/flow_runs/{run}/set_state", state=state, force=True)
        api.get("POST", "/artifacts/", key="old", type="markdown", data="x", flow_run_id=run)
        runs[days] = run
    # Nobody but the clock can make a run old.
    with sqlite3.connect(api.home / "prefect" / "prefect.db", timeout=60) as database:
        for days, run in runs.items():
            end = datetime.now(UTC) - timedelta(days=days)
            changed = database.execute(
                "update flow_run set end_time = ? where id = ?",
                [f"{end:%Y-%m-%d %H:%M:%S.%f}", run],
            )
            assert changed.rowcount == 1

    def there() -> set[int]:
        return {days for days, run in runs.items() if api.ask("GET", f"/flow_runs/{run}").ok}

    deadline = time.monotonic() + PATIENCE_SECONDS
    while there() != {89}:
        assert time.monotonic() < deadline, f"{there()} are left; see {api.home / 'logs'}"
        time.sleep(0.5)
    wanted = {"flow_run_id": {"any_": [runs[400], runs[91], runs[89]]}}
    while len(api.get("POST", "/artifacts/filter", artifacts=wanted)) > 1:
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_the_next_nights_stand_in_line(api: Api) -> None:
    wanted = {"name": {"any_": ["natt"]}}
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (runs := api.get("POST", "/flow_runs/filter", deployments=wanted)):
        assert time.monotonic() < deadline, f"none; see {api.home / 'logs'}"
        time.sleep(0.5)
    times = [datetime.fromisoformat(run["expected_start_time"]).astimezone(OSLO) for run in runs]
    assert {(at.hour, at.minute) for at in times} == {(3, 30)}
    assert len({at.date() for at in times}) == len(times)


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        (
            "dimensjonering",
            {
                "school_year": "Skoleår",
                "seed": "Frø for trekningene",
                "draws": "Antall trekninger",
                "scenarios": "Scenarier",
            },
        ),
        ("aarshjul", {"cycle": "Årshjul"}),
        (
            "natt",
            {
                "datasets": "Datasett",
                "full": "Tolk alt på nytt",
                "ignore_windows": "Se bort fra lukketid",
            },
        ),
    ],
)
def test_the_form_is_norwegian(api: Api, name: str, titles: dict[str, str]) -> None:
    properties = api.deployment(name)["parameter_openapi_schema"]["properties"]
    assert {key: field["title"] for key, field in properties.items()} == titles
    assert all(len(field["description"]) > 15 for field in properties.values())


def test_the_form_knows_types_and_bounds(api: Api) -> None:
    fields = api.deployment("dimensjonering")["parameter_openapi_schema"]["properties"]
    assert fields["school_year"]["type"] == "string"
    assert fields["school_year"]["default"] == "2027/28"
    assert fields["school_year"]["pattern"]
    assert fields["seed"]["type"] == "integer"
    assert fields["seed"]["minimum"] == 0


@pytest.mark.parametrize(
    "parameters",
    [
        {"school_year": "2027-28"},
        {"school_year": 2027},
        {"school_year": "2027/28", "draws": 3},
        {"school_year": "2027/28", "seed": "x"},
    ],
)
def test_the_form_refuses_what_is_no_school_year(api: Api, parameters: dict[str, Any]) -> None:
    assert api.start("dimensjonering", **parameters).status_code in {409, 422}


def test_night_and_plan_from_the_page(api: Api) -> None:
    # Without a night, the plan says what to do.
    early = api.finished(api.start("dimensjonering", school_year="2028/29"))
    assert early["type"] == "FAILED"
    assert "tilbudsplan ingest" in early["message"]

    before = oslo_today()
    night = api.finished(api.start("natt"))
    assert night["type"] == "COMPLETED", night["message"]
    heads = {f"# Natten {dates.day(day)}" for day in (before, oslo_today())}
    assert any(head in api.artifact("natt") for head in heads)

    plan = api.finished(api.start("dimensjonering", school_year="2028/29", draws=DRAWS))
    assert plan["type"] == "COMPLETED", plan["message"]
    (report,) = (api.home / "reports").glob("2028-29-*/*.html")
    text, _, link = api.artifact("rapport").rpartition("](")
    assert "2028/29" in text
    assert Path(unquote(urlsplit(link.rstrip(")")).path)) == report
    assert "2028/29" in report.read_text(encoding="utf-8")


# The schedule -------------------------------------------------------------------------------

NIGHTS = """
import json, sys
from datetime import datetime
from prefect.server.schemas.schedules import CronSchedule
cron, timezone, start, end = sys.argv[1:]
schedule = CronSchedule(cron=cron, timezone=timezone)
found = schedule._get_dates_generator(
    start=datetime.fromisoformat(start), end=datetime.fromisoformat(end)
)
print(json.dumps([instant.isoformat() for instant in found]))
"""


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        # Clocks go from 02:00 to 03:00 on 28 March, and from 03:00 to 02:00 on 31 October.
        (
            "2027-03-26T12:00:00+00:00",
            "2027-03-29T12:00:00+00:00",
            ["2027-03-27T03:30:00+01:00", "2027-03-28T03:30:00+02:00", "2027-03-29T03:30:00+02:00"],
        ),
        (
            "2027-10-29T12:00:00+00:00",
            "2027-11-01T12:00:00+00:00",
            ["2027-10-30T03:30:00+02:00", "2027-10-31T03:30:00+01:00", "2027-11-01T03:30:00+01:00"],
        ),
    ],
)
def test_one_night_a_night_when_clocks_change(
    tmp_path: Path, start: str, end: str, expected: list[str]
) -> None:
    deployments = yaml.safe_load((CHECKOUT / "prefect.yaml").read_text(encoding="utf-8"))
    ((schedule,),) = [d["schedules"] for d in deployments["deployments"] if "schedules" in d]
    done = subprocess.run(
        [sys.executable, "-c", NIGHTS, schedule["cron"], schedule["timezone"], start, end],
        env=environment(tmp_path, PREFECT_HOME=str(tmp_path)),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == expected
