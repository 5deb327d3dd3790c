"""The commands that keep the house, as the command line has them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.options import Json


def prune(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Bare vis hva som ville blitt slettet.")
    ] = False,
    json: Json = False,
) -> None:
    """Slett det som er hentet og er over oppbevaringstiden.

    Natten gjør det samme av seg selv. Reglene står i data/reference/retention.toml. Det en
    plankjøring eller et frigitt kunnskapsgrunnlag står på, slettes aldri.

    Eksempel: tilbudsplan prune --dry-run
    """
    from flows import keeping_commands

    keeping_commands.prune(dry_run, json)


def backup(
    target: Annotated[
        Path, typer.Argument(metavar="MÅL", help="En mappe, eller en ny fil i en mappe som finnes.")
    ],
    verify: Annotated[
        bool, typer.Option("--verify", help="Kontroller kopien MÅL i stedet for å lage en.")
    ] = False,
    json: Json = False,
) -> None:
    """Ta sikkerhetskopi av det som ikke kan lages på nytt.

    Kopien har journalen, alt som er hentet, plankjøringer, rapporter, kontrollresultater, skjemaer
    og kontaktpersoner. Ved siden av den legges en kontrollsum. Nøkkelen til personfilene er ikke
    med: den skal kopieres for seg. Legg kopien på en annen disk, der like få kan lese den.

    Eksempel: tilbudsplan backup /mnt/kopi
    """
    from flows import keeping_commands

    if verify:
        keeping_commands.verify(target, json)
    else:
        keeping_commands.backup(target, json)


def restore(
    source: Annotated[Path, typer.Argument(metavar="KOPI", help="Filen fra «tilbudsplan backup».")],
    json: Json = False,
) -> None:
    """Lag et hjem av en sikkerhetskopi, og bygg varehuset av det uten å spørre kildene.

    Hjemmet (TILBUDSPLAN_HOME) må være en mappe som er tom eller ikke finnes. Alt kontrolleres før
    det blir synlig der.

    Eksempel: tilbudsplan restore /mnt/kopi/tilbudsplan-2026-11-26T0930Z.tar
    """
    from flows import keeping_commands

    keeping_commands.restore(source, json)
