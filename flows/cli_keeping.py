"""The commands that keep the house, as the command line has them."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Skriv svaret som JSON.")]


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
