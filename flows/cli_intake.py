"""Commands of the intake of a plan."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.options import Json


def intake(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="Planen som prøves i inntaket.")],
    draws: Annotated[
        int, typer.Option("--draws", min=1, max=2_000, help="Antall trekninger.")
    ] = 200,
    json: Json = False,
) -> None:
    """Prøv en plan i inntaket: hvem får plassene etter fylkets regler, på trukne søkere.

    Eksempel: tilbudsplan plan intake 2027-28-20261127T010941Z-bd573bf5-0a1b2c3d
    """
    from flows import intake_commands

    intake_commands.intake(plan, draws, json)
