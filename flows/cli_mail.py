"""The commands `tilbudsplan mail` and `tilbudsplan watchdog`; see `flows/mail_commands.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from flows import norwegian

mail = typer.Typer(
    cls=norwegian.Group,
    help="E-post om varsler: hva som venter, og send det.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Skriv svaret som JSON.")]


@mail.command("list", cls=norwegian.Command)
def mail_list(
    everything: Annotated[
        bool, typer.Option("--all", help="Også det som er sendt, ikke bare det som venter.")
    ] = False,
    json: Json = False,
) -> None:
    """List e-post som venter: til hvem, om hva, hvor ofte forsøkt og hvorfor den ikke er sendt."""
    from flows import mail_commands

    mail_commands.listed(everything, json)


@mail.command("send", cls=norwegian.Command)
def mail_send(json: Json = False) -> None:
    """Send det som venter nå, også det som ellers ville ventet på neste forsøk."""
    from flows import mail_commands

    if not mail_commands.send(json):
        raise typer.Exit(1)


def watchdog(
    stopped: Annotated[
        str | None,
        typer.Option("--stopped", metavar="TJENESTE", help="Som stoppet med feil (fra systemd)."),
    ] = None,
    json: Json = False,
) -> None:
    """Se etter det en natt ikke kan si selv: at den ikke begynte, stoppet eller henger.

    Kjøres hvert kvarter av systemd eller cron (deploy/). Det den finner, blir varsler på e-post.
    Sluttkode 0: alt er vel. 1: noe er galt.
    """
    from flows import mail_commands

    if not mail_commands.watchdog(stopped, json):
        raise typer.Exit(1)
