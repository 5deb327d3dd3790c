"""`tilbudsplan watchdog`: one look at the installation, told in words and in the exit code."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict

from flows import show
from flows.mail_commands import told
from flows.mailing import with_password
from tasks import home
from tasks import watchdog as dog
from tasks.alerts import outbox, words
from tasks.errors import TilbudsplanError
from tasks.journal import Journal
from tasks.settings import Settings

# What whoever keeps the watchdog tells apart; 2 is wrong use, as of every command.
WELL, WRONG, UNSENT = 0, 1, 3


def watchdog(stopped: str | None, as_json: bool) -> int:
    """Look at the installation, and tell.

    Returns:
        The exit code: all is well, something is wrong, or all is well but mail does not go out.
    """
    settings, trouble = Settings(), None
    try:
        settings = with_password(settings)
    except TilbudsplanError as error:
        # What it finds is written down all the same, and waits.
        trouble = str(error)
    seen = dog.look(settings, stopped=stopped)
    trouble = trouble or seen.round.trouble or _held_up(settings, seen)
    code = WRONG if seen.found else UNSENT if trouble else WELL
    if as_json:
        show.as_json({**asdict(seen), "trouble": trouble, "exit_code": code})
        return code
    _print(settings, seen, trouble)
    return code


def _held_up(settings: Settings, seen: dog.Seen) -> str | None:
    """Why a mail waits that was tried before: between two attempts it does not go out either."""
    if not seen.round.waiting or seen.directly:
        return None
    with suppress(TilbudsplanError, OSError):
        unsent = outbox.unsent(Journal(settings.rooms.journal).entries())
        reasons = [one.reason for one in unsent if one.reason and one.state == "waiting"]
        return reasons[-1] if reasons else None
    return None


def _print(settings: Settings, seen: dog.Seen, trouble: str | None) -> None:
    for finding in seen.found:
        name = words.titled(finding.dataset, None)
        show.line(f"{name} {words.label(finding.kind)}: {finding.reason}")
    if seen.directly:
        show.line("Journalen kunne ikke brukes; varselet ble forsøkt sendt utenom.")
    if seen.round.sent or seen.round.waiting:
        show.line(told(seen.round).removesuffix(f" {seen.round.trouble}"))
    if trouble:
        show.line(f"E-post går ikke ut: {trouble}")
    if seen.found:
        return
    if Journal(settings.rooms.journal).entries("night.begun"):
        show.line("Ellers er alt vel." if trouble else "Alt er vel.")
    else:
        show.line(home.no_night(show.relative(settings.rooms.home)))
