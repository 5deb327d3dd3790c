"""What the command line says when something failed that is no refusal of ours."""

from __future__ import annotations

import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tasks import disk
from tasks.errors import ConfigurationError, TilbudsplanError
from tasks.settings import Settings

LOG = "feil.log"
SETTING_ERRORS = {
    "int_parsing": "ventet et helt tall",
    "float_parsing": "ventet et tall",
    "greater_than_equal": "ventet minst {ge}",
    "less_than_equal": "ventet høyst {le}",
    "greater_than": "ventet mer enn {gt}",
    "literal_error": "ventet ett av ordene {words}",
}


def explain(error: Exception) -> TilbudsplanError:
    """An error as a refusal that a person can act on; what we cannot explain goes to a log."""
    if disk.is_full(error):
        return disk.full(Settings().rooms, "plass til det som skal skrives")
    if type(error).__module__.partition(".")[0] in {"duckdb", "_duckdb"}:
        from tasks import warehouse

        if warehouse.tells_of_damage(error):
            return warehouse.damaged(Settings().rooms.warehouse)
    match error:
        case ValidationError() if error.title == Settings.__name__:
            return setting_refused(error)
        case OSError() if error.filename:
            return ConfigurationError(
                subject=str(error.filename),
                expected="å kunne lese og skrive",
                got=f"«{error.strerror}»",
                remedy="gi skriverett, eller pek TILBUDSPLAN_HOME til en annen mappe; "
                "«tilbudsplan doctor» sier mer",
            )
    return TilbudsplanError(
        subject="tilbudsplan",
        expected="å bli ferdig",
        got=f"en feil i programmet ({type(error).__name__}: {str(error)[:200]})",
        remedy=f"send {write_down(error)} til den som drifter Tilbudsplan",
    )


def setting_refused(error: ValidationError) -> ConfigurationError:
    """The refusal of environment variables that cannot be read, all of them together."""
    return ConfigurationError(
        subject="innstillinger",
        expected="miljøvariabler som kan leses",
        got="; ".join(_setting(detail) for detail in error.errors()),
        remedy="rett miljøvariablene, eller fjern dem for å få standardverdien",
    )


def write_down(error: Exception) -> Path:
    """Append an error with its trace to the log, in the home if that can be written."""
    entry = "".join(
        [f"{datetime.now(UTC).isoformat()}\n", *traceback.format_exception(error), "\n"]
    )
    try:
        folder = Settings().rooms.logs
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValidationError):
        folder = Path(tempfile.mkdtemp(prefix="tilbudsplan-"))
    path = folder / LOG
    with path.open("a", encoding="utf-8") as log:
        log.write(entry)
    return path


def _setting(detail: ErrorDetails) -> str:
    name = f"TILBUDSPLAN_{'_'.join(str(part) for part in detail['loc']).upper()}"
    if name.endswith("PASSWORD"):
        return f"{name} kan ikke leses"
    said = SETTING_ERRORS.get(detail["type"], "kan ikke brukes")
    context = detail.get("ctx", {})
    # The library's list of words ends in English: 'starttls', 'tls' or 'none'.
    words = str(context.get("expected", "")).replace("'", "").replace(" or ", " eller ")
    return f"{name} er {detail['input']!r}, {said.format_map({**context, 'words': words})}"
