"""The runs of cycles on Prefect's server, over its REST API: status and acts need no server.

The journal is right and the server only waits, so everything here may fail without loss: the next
start of the runner finds what is open in the journal and lets a run wait for it.
"""

from __future__ import annotations

import os
from typing import Any

import requests

from tasks.settings import Settings

DEPLOYMENT = "aarshjul"
FLOW = "årshjul"
_SECONDS = 10
_LIVE = ("SCHEDULED", "PENDING", "RUNNING", "PAUSED")


class Server:
    """Prefect's server as cycles use it."""

    def __init__(self, settings: Settings) -> None:
        own = f"http://127.0.0.1:{settings.server_port}/api"
        self.api = os.environ.get("PREFECT_API_URL", own).rstrip("/")

    def there(self) -> bool:
        """Whether it answers."""
        try:
            return requests.get(f"{self.api}/health", timeout=2).ok
        except requests.RequestException:
            return False

    def runs(self) -> dict[str, dict[str, Any]]:
        """The newest live run of each cycle, by cycle."""
        wanted = {
            "flows": {"name": {"any_": [FLOW]}},
            "flow_runs": {"state": {"type": {"any_": list(_LIVE)}}},
            "sort": "START_TIME_ASC",
            "limit": 200,
        }
        found = self._post("/flow_runs/filter", wanted)
        return {run["parameters"].get("cycle", "2027/28"): run for run in found}

    def create(self, cycle: str) -> bool:
        """Let a run wait for a cycle; whether there was a deployment to make it of."""
        found = self._post("/deployments/filter", {"deployments": {"name": {"any_": [DEPLOYMENT]}}})
        if not found:
            return False
        self._post(
            f"/deployments/{found[0]['id']}/create_flow_run", {"parameters": {"cycle": cycle}}
        )
        return True

    def wake(self, run: dict[str, Any]) -> None:
        """Let a run read the journal again, and ask anew; forms that were sent are kept."""
        state = {"type": "SCHEDULED", "name": "Scheduled", "message": "Journalen har nytt"}
        self._post(f"/flow_runs/{run['id']}/set_state", {"state": state, "force": True})

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        answer = requests.post(f"{self.api}{path}", json=body, timeout=_SECONDS)
        answer.raise_for_status()
        return answer.json()


def told(settings: Settings, cycle: str, *, over: bool) -> bool:
    """Tell the server that a cycle has something new; whether a run waits or will.

    A run that works at this moment is left alone: it reads the journal before it asks again.
    """
    server = Server(settings)
    if not server.there():
        return False
    try:
        run = server.runs().get(cycle)
        if run is None:
            return over or server.create(cycle)
        if run["state_type"] == "PAUSED":
            server.wake(run)
    except (requests.RequestException, KeyError):
        return False
    return True


def heal(settings: Settings, open_cycles: list[str]) -> list[str]:
    """Let every run that is not over start anew, and make those that are missing.

    For a runner that begins: whatever it ran before is orphaned, and forms may be of older code.

    Args:
        settings: The installation.
        open_cycles: The cycles that the journal says are not over.

    Returns:
        The cycles that a run waits for, or will once the runner runs.
    """
    server = Server(settings)
    live = server.runs()
    for run in live.values():
        server.wake(run)
    return [*live, *(name for name in open_cycles if name not in live and server.create(name))]
