"""The commands of decisions, as the command line has them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.options import Json


def decide(
    run: Annotated[str, typer.Argument(metavar="KJØRING", help="Kjøringen det er vedtatt på.")],
    case: Annotated[
        str, typer.Option("--case", metavar="SAKSNUMMER", help="Slik det står i arkivet.")
    ],
    by: Annotated[
        str, typer.Option("--by", metavar="HVEM", help="Hvem som vedtok: organ eller rolle.")
    ],
    decided: Annotated[
        datetime | None,
        typer.Option(
            "--decided",
            formats=["%Y-%m-%d"],
            metavar="DATO",
            help="Når det ble vedtatt. Standard: i dag.",
        ),
    ] = None,
    note: Annotated[
        str, typer.Option("--note", metavar="TEKST", help="Det som ellers skal stå om vedtaket.")
    ] = "",
    attach: Annotated[
        list[Path] | None,
        typer.Option("--attach", metavar="FIL", help="Legg ved en fil; kan gis flere ganger."),
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="PLAN", help="Planen i klasser som ble vedtatt."),
    ] = None,
    json: Json = False,
) -> None:
    """Frys et vedtak: alt som trengs for å lage tallene igjen, om mange år.

    Tallgrunnlag, regler, valg, programversjon og resultater tas vare på i en forseglet mappe, og
    vedtaket føres i journalen. Skriv kjennetegnet som kommer fram, i saken.

    Eksempel: tilbudsplan decide 2027-28-20261126T233549Z-d889084b --case 2026/12345 --by fylkesting
    """
    from flows import decision_commands

    day = decided.date() if decided else None
    decision_commands.decide(run, case, by, day, note, tuple(attach or ()), plan, json)


def decisions(
    decision: Annotated[
        str | None,
        typer.Argument(metavar="[VEDTAK]", help="Navn eller saksnummer. Uten: alle."),
    ] = None,
    json: Json = False,
) -> None:
    """List frosne vedtak, eller vis ett og se etter om noe er endret siden."""
    from flows import decision_commands

    if decision is None:
        decision_commands.listed(json)
    elif not decision_commands.shown(decision, json):
        raise typer.Exit(1)


def rerun(
    decision: Annotated[
        str, typer.Argument(metavar="VEDTAK", help="Navn eller saksnummer; se «decisions».")
    ],
    seal: Annotated[
        str | None,
        typer.Option("--seal", metavar="KJENNETEGN", help="Kjennetegnet slik det står i saken."),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="MAPPE", help="Skriv tabellene hit som CSV."),
    ] = None,
    json: Json = False,
) -> None:
    """Lag tallene i et vedtak på nytt, og hold dem opp mot det som ble vedtatt.

    Natten bygges igjen av det som ble hentet da, og regnes med reglene, valgene og frøet fra da.
    Blir noe annerledes, sies det hva, hvor mye og hvorfor.

    Eksempel: tilbudsplan rerun 2026/12345
    """
    from flows import decision_commands

    if not decision_commands.rerun(decision, seal, export, json):
        raise typer.Exit(1)


def diff(
    then: Annotated[str, typer.Argument(metavar="FØR", help="Kjøring, plan eller vedtak.")],
    now: Annotated[str, typer.Argument(metavar="NÅ", help="Kjøring, plan eller vedtak.")],
    xlsx: Annotated[
        Path | None, typer.Option("--xlsx", metavar="FIL", help="Skriv alt som regneark også.")
    ] = None,
    json: Json = False,
) -> None:
    """Hold to kjøringer, planer eller vedtak opp mot hverandre: hva er annerledes, og hvorfor.

    Eksempel: tilbudsplan diff 2026/12345 2027-28-20270502T081500Z-1ceb17b9 --xlsx justering.xlsx
    """
    from flows import diff_command

    diff_command.diff(then, now, xlsx, json)
