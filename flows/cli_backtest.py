"""The command that tests forecasts; what it does is in `flows/backtest_commands.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.options import Json


def backtest(
    every: Annotated[
        bool, typer.Option("--all", help="Vis også hver enkel metode, ikke bare den beste.")
    ] = False,
    json: Json = False,
) -> None:
    """Prøv framskrivingene mot det som faktisk skjedde, slik tallene var kjent da.

    Alle årganger som er hentet, brukes: fra hvert år framskrives de neste, og utfallet er tallet
    slik det er kjent nå. Resultatet tas vare på, og neste natt blir det tabellen
    audit.track_record.
    """
    from flows import backtest_commands

    backtest_commands.backtest(every, json)
