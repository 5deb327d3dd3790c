"""The command group `tilbudsplan cycle`; what its commands do is in `flows/cycle_commands.py`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from flows import norwegian
from flows.options import AsOf, Json

cycle = typer.Typer(
    cls=norwegian.Group,
    help="Årshjulet: hvor det står, hvem det ventes på, og det som er gjort.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

By = Annotated[str, typer.Option("--by", metavar="HVEM", help="Hvem som handler: enhet, rolle.")]
On = Annotated[
    datetime | None,
    typer.Option(
        "--on", formats=["%Y-%m-%d"], metavar="DATO", help="Når det skjedde. Standard: i dag."
    ),
]
Which = Annotated[str, typer.Argument(metavar="ÅRSHJUL", help="2027/28, eller fagskole-2027.")]


@cycle.command("start", cls=norwegian.Command)
def cycle_start(name: Which, by: By, on: On = None) -> None:
    """Start årshjulet for et skoleår eller fagskoletilskudd.

    Det kan gjøres igjen uten at noe endres, og sørger da for at skjemaet venter i nettleseren.

    Eksempel: tilbudsplan cycle start 2027/28 --by "Seksjon for kompetanse"
    """
    from flows import cycle_commands

    cycle_commands.start(name, by, on)


@cycle.command("status", cls=norwegian.Command)
def cycle_status(
    name: Annotated[
        str | None, typer.Argument(metavar="[ÅRSHJUL]", help="Standard: alle som er åpne.")
    ] = None,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Vis trinnet, hvem det ventes på og hva som er for sent.

    Viser også det hvert trinn har kommet til.

    Leser journalen; ingen tjener spørres.
    """
    from flows import cycle_commands

    cycle_commands.status(name, as_of, json)


@cycle.command("act", cls=norwegian.Command)
def cycle_act(
    name: Which,
    what: Annotated[
        str, typer.Argument(metavar="HANDLING", help="Som status sier, for eksempel prioriter.")
    ],
    by: Annotated[
        str, typer.Option("--by", metavar="HVEM", help="Hvem som handler: enhet, rolle.")
    ] = "",
    field: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FELT=VERDI", help="Ett felt; kan gis flere ganger."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FIL", help="Feltene i en TOML-fil; lister og linjer."),
    ] = None,
    on: On = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Bare vis feltene handlingen har.")
    ] = False,
) -> None:
    """Før noe som er gjort i årshjulet.

    Eksempel: tilbudsplan cycle act 2027/28 frigi --set base=2026 --by "Statistikkomiteen"
    """
    from flows import cycle_commands

    cycle_commands.act(name, what, by, field or [], file, on, explain)


@cycle.command("back", cls=norwegian.Command)
def cycle_back(
    name: Which,
    to: Annotated[str, typer.Argument(metavar="TRINN", help="Trinnet det skal tilbake til.")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", metavar="TEKST", help="Begrunnelse.")],
    on: On = None,
) -> None:
    """Gå tilbake til et tidligere trinn. Det føres, og det som var gjort siden, må gjøres igjen.

    Eksempel: tilbudsplan cycle back 2027/28 prioritering --reason "…" --by "Kompetanseforum"
    """
    from flows import cycle_commands

    cycle_commands.back(name, to, by, reason, on)


@cycle.command("remind", cls=norwegian.Command)
def cycle_remind(json: Json = False) -> None:
    """Skriv påminnelsene som er på tide, og send det som venter. Natten gjør det selv."""
    from flows import cycle_commands

    cycle_commands.remind(json)
