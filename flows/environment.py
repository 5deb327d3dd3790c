"""Prefect's settings for this installation; to be called before Prefect is imported."""

from __future__ import annotations

import os

from tasks.errors import ConfigurationError
from tasks.retention import rules
from tasks.settings import Project, Rooms

DAY_SECONDS = 86_400
# Prefect's own default, where the rules cannot be read: the night says so, and goes on.
DEFAULT_NIGHTS = 90


def configure(rooms: Rooms, *, quietly: bool = False) -> None:
    """Point Prefect at this installation's folder, without telemetry.

    What is set in the environment already wins, so a county can use a server of its own.

    Args:
        rooms: The folders of the installation.
        quietly: Keep Prefect's log, traces of refusals included, away from the terminal: the
            command says in Norwegian what it came to. The log stands in Prefect's database.
    """
    rooms.prefect.mkdir(parents=True, exist_ok=True)
    defaults = {
        "PREFECT_HOME": str(rooms.prefect),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_CLI_PROMPT": "false",
        # The server clears its own database, in small batches: runs with their logs and artifacts.
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(_nights_kept() * DAY_SECONDS),
    }
    if quietly:
        defaults["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def _nights_kept() -> int:
    try:
        return rules.load(Project().reference).nights.value
    except ConfigurationError:
        return DEFAULT_NIGHTS
