"""Prefect's settings for this installation; to be called before Prefect is imported."""

from __future__ import annotations

import os

from tasks.settings import Rooms


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
    }
    if quietly:
        defaults["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
