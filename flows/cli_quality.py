"""Commands on the quality of figures; what they do is in `flows/quality_commands.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from flows import norwegian
from flows.options import Json

quarantine = typer.Typer(
    cls=norwegian.Group,
    help="Nye tall som holdes tilbake: hvorfor, hvilke rader, og hva dere avgjør.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Dataset = Annotated[str, typer.Argument(metavar="DATASETT", help="Navnet fra «quarantine list».")]
By = Annotated[str, typer.Option("--by", metavar="HVEM", help="Hvem som avgjør.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEKST", help="Hvorfor.")]


def check(
    table: Annotated[
        str | None,
        typer.Argument(metavar="[TABELL]", help="Tabell eller datasett. Standard: alle."),
    ] = None,
    every: Annotated[
        bool,
        typer.Option("--all", help="Vis også det som holder, ikke bare det som ikke gjør det."),
    ] = False,
    json: Json = False,
) -> None:
    """Kontroller de publiserte tallene mot kravene som står i expectations/.

    Avslutter med kode 1 når noe som stopper nye tall, ikke holder og ingen har frigitt det.

    Eksempel: tilbudsplan check staging.population_by_municipality --all
    """
    from flows import quality_commands

    if not quality_commands.check(table, every, json):
        raise typer.Exit(1)


@quarantine.command("list", cls=norwegian.Command)
def quarantine_list(json: Json = False) -> None:
    """List datasettene der nye tall holdes tilbake."""
    from flows import quality_commands

    quality_commands.held(json)


@quarantine.command("show", cls=norwegian.Command)
def quarantine_show(
    dataset: Dataset,
    rows: Annotated[
        int,
        typer.Option(
            "--limit", "--rows", min=0, max=10_000, help="Hvor mange rader som vises per krav."
        ),
    ] = 10,
    json: Json = False,
) -> None:
    """Vis hva som er galt med tallene som holdes tilbake, og radene det gjelder.

    Der samme rad er publisert fra før, står verdien som er publisert, ved siden av den nye.
    """
    from flows import quality_commands

    quality_commands.shown(dataset, rows, json)


@quarantine.command("release", cls=norwegian.Command)
def quarantine_release(dataset: Dataset, by: By, reason: Reason) -> None:
    """Frigi tallene: de publiseres som de er, selv om de bryter kravene som vises.

    Gjelder bare dette øyeblikksbildet og disse kravene. Det føres i journalen.

    Eksempel: tilbudsplan quarantine release ssb_population --by "Kari, statistikk"
    --reason "SSB har rettet tallene bakover"
    """
    from flows import quality_commands

    quality_commands.decide(dataset, "release", by, reason)


@quarantine.command("drop", cls=norwegian.Command)
def quarantine_drop(dataset: Dataset, by: By, reason: Reason) -> None:
    """Forkast tallene: de prøves ikke igjen, og ingen varsles om dem mer.

    Datasettet står på forrige gode tall til kilden svarer med noe nytt. Det føres i journalen.
    """
    from flows import quality_commands

    quality_commands.decide(dataset, "drop", by, reason)
