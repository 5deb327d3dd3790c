"""The commands `tilbudsplan mail` and `tilbudsplan watchdog`; what they do is in `flows/`."""

from __future__ import annotations

from typing import Annotated

import typer

from flows import norwegian
from flows.options import Json

mail = typer.Typer(
    cls=norwegian.Group,
    help="E-post om varsler: hva som venter, hele brevet, send det, og prøv oppsettet.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


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


@mail.command("show", cls=norwegian.Command)
def mail_show(
    which: Annotated[
        str, typer.Argument(metavar="NR", help="Nummeret fra «mail list», eller ID-en.")
    ],
    json: Json = False,
) -> None:
    """Vis en hel e-post som ren tekst, når den er skrevet og forsøkt, og hva som ble av den.

    Eksempel: tilbudsplan mail show 3
    """
    from flows import mail_commands

    mail_commands.shown(which, json)


@mail.command("send", cls=norwegian.Command)
def mail_send(json: Json = False) -> None:
    """Send det som venter nå, også det som ellers ville ventet på neste forsøk."""
    from flows import mail_commands

    if not mail_commands.send(json):
        raise typer.Exit(1)


@mail.command("test", cls=norwegian.Command)
def mail_test(
    to: Annotated[str, typer.Argument(metavar="ADRESSE", help="Hvem som får testmeldingen.")],
    json: Json = False,
) -> None:
    """Send én testmelding nå, og si hvordan det gikk.

    Den går utenom det som venter, føres ikke i journalen og prøves ikke igjen.

    Eksempel: tilbudsplan mail test drift@fylket.example
    """
    from flows import mail_commands

    if not mail_commands.test(to, json):
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
    Sluttkode 0: alt er vel. 1: noe er galt. 3: alt er vel, men e-post går ikke ut; den venter.
    """
    from flows import watch_command

    if code := watch_command.watchdog(stopped, json):
        raise typer.Exit(code)
