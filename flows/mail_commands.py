"""Commands about e-mail: what waits, sending it, and the watchdog's look."""

from __future__ import annotations

from dataclasses import asdict

from flows import show
from flows.mailing import with_password
from tasks import watchdog as dog
from tasks.alerts import outbox, words
from tasks.errors import TilbudsplanError
from tasks.journal import Journal
from tasks.settings import Settings

STATES = {"waiting": "venter", "sent": "sendt", "stopped": "gitt opp"}


def listed(everything: bool, as_json: bool) -> None:
    """Print the mails that wait, or all of them."""
    found = outbox.posted(Journal(Settings().rooms.journal).entries())
    chosen = [one for one in found if everything or one.state != "sent"]
    if as_json:
        show.as_json(
            [
                {
                    "id": one.mail.id,
                    "to": one.mail.to,
                    "subject": one.mail.subject,
                    "state": one.state,
                    "written_at": one.written_at,
                    "sent_at": one.sent_at,
                    "attempts": one.attempts,
                    "tried_at": one.tried_at,
                    "reason": one.reason,
                }
                for one in chosen
            ]
        )
        return
    if not chosen:
        show.line("Ingen e-post venter." if found else "Ingen e-post er skrevet ennå.")
        return
    columns = ["tilstand", "til", "emne", "skrevet", "forsøk", "hvorfor ikke sendt"]
    show.as_table(columns, [_row(one) for one in chosen])
    if any(one.state == "stopped" for one in chosen):
        show.line()
        show.line("Gitt opp: tjeneren sier nei. Rett adressen, og prøv «tilbudsplan mail send».")


def send(as_json: bool) -> bool:
    """Send what waits, pauses or not.

    Returns:
        Whether nothing waits any more.
    """
    settings = with_password(Settings())
    done = outbox.send(settings.rooms, settings, force=True)
    if as_json:
        show.as_json(asdict(done))
        return not done.waiting
    show.line(_told(done))
    for reason in sorted(set(done.deferred.values()) - {done.trouble or ""}):
        show.line(f"  {reason}")
    return not done.waiting


def watchdog(stopped: str | None, as_json: bool) -> bool:
    """Look at the installation, and tell.

    Returns:
        Whether all is well.
    """
    settings, trouble = Settings(), None
    try:
        settings = with_password(settings)
    except TilbudsplanError as error:
        # What it finds is written down all the same, and waits.
        trouble = str(error)
    seen = dog.look(settings, stopped=stopped)
    trouble = trouble or seen.round.trouble
    well = not (seen.found or trouble)
    if as_json:
        show.as_json({**asdict(seen), "trouble": trouble})
        return well
    for finding in seen.found:
        name = words.titled(finding.dataset, None)
        show.line(f"{name} {words.label(finding.kind)}: {finding.reason}")
    if seen.directly:
        show.line("Journalen kunne ikke brukes; varselet ble forsøkt sendt utenom.")
    if seen.round.sent or seen.round.waiting or seen.round.trouble:
        show.line(_told(seen.round))
    if trouble and trouble not in _told(seen.round):
        show.line(trouble)
    if not seen.found:
        show.line("Alt er vel." if well else "Ellers er alt vel.")
    return well


def _told(done: outbox.Round) -> str:
    text = f"E-post: {len(done.sent)} sendt, {done.waiting} venter."
    return f"{text} {done.trouble}" if done.trouble else text


def _row(one: outbox.Posted) -> list[object]:
    return [
        STATES[one.state],
        one.mail.to,
        one.mail.subject,
        show.local_time(one.written_at),
        one.attempts,
        one.reason,
    ]
