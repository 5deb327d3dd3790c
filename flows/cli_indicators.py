"""The command group `tilbudsplan indicators`; see `flows/indicator_commands.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from flows import norwegian
from flows.options import Json

indicators = typer.Typer(
    cls=norwegian.Group,
    help="Regionale kompetanseindikatorer: se, kommentere, frigi og rette.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

By = Annotated[str, typer.Option("--by", metavar="HVEM", help="Hvem som bestemmer: enhet, rolle.")]
Base = Annotated[
    int | None, typer.Option("--base", metavar="ÅR", help="Kunnskapsgrunnlaget. Standard: i år.")
]


@indicators.command("list", cls=norwegian.Command)
def indicators_list(
    area: Annotated[
        str, typer.Option("--area", metavar="OMRÅDE", help="Område, som 50 eller intake-namdal.")
    ] = "50",
    json: Json = False,
) -> None:
    """List indikatorene med siste verdi, også de som mangler definisjon."""
    from flows import indicator_commands

    indicator_commands.listed(area, json)


@indicators.command("comment", cls=norwegian.Command)
def indicators_comment(
    indicator: Annotated[str, typer.Argument(metavar="INDIKATOR")],
    organisation: Annotated[
        str,
        typer.Option(
            "--organisation", metavar="MEDLEM", help="fylkeskommunen, nav eller statsforvalteren."
        ),
    ],
    by: Annotated[str, typer.Option("--by", metavar="NAVN", help="Hvem som signerer.")],
    text: Annotated[str, typer.Option("--text", metavar="TEKST", help="Kommentaren.")],
    base: Base = None,
) -> None:
    """Skriv en signert kommentar til en indikator."""
    from flows import indicator_commands

    indicator_commands.comment(indicator, organisation, by, text, base)


@indicators.command("release", cls=norwegian.Command)
def indicators_release(by: By, base: Base = None) -> None:
    """Frigi kunnskapsgrunnlaget: tallene beholdes slik de står nå.

    Hver indikator som har tall, må ha minst én signert kommentar. En frigivelse tas ikke tilbake;
    tall rettes med «correct».
    """
    from flows import indicator_commands

    indicator_commands.release(by, base)


@indicators.command("correct", cls=norwegian.Command)
def indicators_correct(
    indicator: Annotated[str, typer.Argument(metavar="INDIKATOR")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEKST", help="Hvorfor det rettes.")],
    by: By,
    base: Base = None,
    area: Annotated[
        str | None, typer.Option("--area", metavar="OMRÅDE", help="Bare dette området.")
    ] = None,
    year: Annotated[
        int | None, typer.Option("--year", metavar="ÅR", help="Bare dette året.")
    ] = None,
) -> None:
    """Rett frigitte tall til det kildene sier nå; det som ble frigitt, beholdes."""
    from flows import indicator_commands

    indicator_commands.correct(indicator, reason, by, base, area, year)
