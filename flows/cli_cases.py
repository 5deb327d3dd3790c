"""The command group `tilbudsplan case`; what its commands do is in `flows/case_commands.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from flows import norwegian
from flows.options import Json

case = typer.Typer(
    cls=norwegian.Group,
    help="Meldte behov: hva som blir av dem, og svar til dem som meldte.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

By = Annotated[str, typer.Option("--by", metavar="HVEM", help="Hvem som bestemmer: enhet, rolle.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEKST", help="Begrunnelse.")]


@case.command("list", cls=norwegian.Command)
def case_list(
    state: Annotated[
        str | None, typer.Option("--state", metavar="TILSTAND", help="Bare disse, som «meldt».")
    ] = None,
    unanswered: Annotated[
        bool, typer.Option("--unanswered", help="Bare innspill som ikke har fått svar.")
    ] = False,
    json: Json = False,
) -> None:
    """List behovene, med tilstand og svar."""
    from flows import case_commands

    case_commands.listed(state, unanswered, json)


@case.command("show", cls=norwegian.Command)
def case_show(need: Annotated[str, typer.Argument(metavar="BEHOV")], json: Json = False) -> None:
    """Vis ett behov og hvordan det er behandlet."""
    from flows import case_commands

    case_commands.shown(need, json)


@case.command("set", cls=norwegian.Command)
def case_set(
    need: Annotated[str, typer.Argument(metavar="BEHOV")],
    state: Annotated[str, typer.Argument(metavar="TILSTAND")],
    by: By,
    body: Annotated[
        str | None, typer.Option("--body", metavar="INSTANS", help="Hvem som tar det videre.")
    ] = None,
    offer: Annotated[
        str | None, typer.Option("--offer", metavar="TILBUD", help="Tilbudet det kobles til.")
    ] = None,
    started: Annotated[
        datetime | None,
        typer.Option("--started", formats=["%Y-%m-%d"], metavar="DATO", help="Når det startet."),
    ] = None,
    participants: Annotated[
        int | None, typer.Option("--participants", metavar="ANTALL", help="Hvor mange som deltar.")
    ] = None,
    reason: Reason = None,
    decided: Annotated[
        datetime | None,
        typer.Option(
            "--decided",
            formats=["%Y-%m-%d"],
            metavar="DATO",
            help="Når det ble bestemt. Standard: i dag.",
        ),
    ] = None,
) -> None:
    """Før en ny tilstand: avklart, koblet, igangsatt eller avslått.

    Eksempel: tilbudsplan case set 3f2a9c avklart --body vgo --by "Seksjon for kompetanse"
    """
    from flows import case_commands

    case_commands.set_state(need, state, by, body, offer, started, participants, reason, decided)


@case.command("undo", cls=norwegian.Command)
def case_undo(
    need: Annotated[str, typer.Argument(metavar="BEHOV")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", metavar="TEKST", help="Begrunnelse.")],
) -> None:
    """Ta tilbake den siste tilstanden, som ble satt ved en feil."""
    from flows import case_commands

    case_commands.undo(need, reason, by)


@case.command("answer", cls=norwegian.Command)
def case_answer(
    subject: Annotated[str, typer.Argument(metavar="BEHOV|INNSENDING")],
    verdict: Annotated[str, typer.Argument(metavar="SVAR")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", metavar="TEKST", help="Begrunnelse.")],
    sent_to: Annotated[
        str | None, typer.Option("--sent-to", metavar="HVEM", help="Hvem det er sendt videre til.")
    ] = None,
) -> None:
    """Svar på et innspill: «brukt», «ikke brukt» eller «sendt videre», med begrunnelse."""
    from flows import case_commands

    case_commands.answer(subject, verdict, reason, by, sent_to)
