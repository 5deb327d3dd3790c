"""Commands of the plan in classes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def places(
    run: Annotated[str, typer.Argument(metavar="KJØRING", help="Kjøringen planen lages av.")],
    fixed: Annotated[
        Path | None,
        typer.Option(
            "--fixed",
            metavar="FIL",
            help="CSV med klasser satt for hånd: organisation_number, programme_area_code, "
            "classes, reason.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Skriv svaret som JSON.")] = False,
) -> None:
    """Lag planen i hele klasser for en kjøring, og si hva den gir i hvert mål.

    Eksempel: tilbudsplan plan places 2027-28-20261127T010941Z-bd573bf5 --fixed vedtak.csv
    """
    from flows import places_commands

    places_commands.places(run, fixed, json)


def why(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="Planen det spørres om.")],
    school: Annotated[str, typer.Argument(metavar="SKOLE", help="Organisasjonsnummer eller navn.")],
    area: Annotated[str, typer.Argument(metavar="OMRÅDE", help="Programområde: kode eller navn.")],
) -> None:
    """Si hvorfor et tilbud har de klassene det har, og hva én mer eller færre ville gitt.

    Eksempel: tilbudsplan plan why 2027-28-…-1a2b3c4d "Verdal videregående skole" Tømrer
    """
    from flows import places_commands

    places_commands.why(plan, school, area)
