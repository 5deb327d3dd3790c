"""The command group `tilbudsplan form`; what its commands do is in `flows/form_commands.py`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from flows import norwegian
from flows.options import Json

# The forms of data/reference/forms, named here so that help pages read nothing.
FORMS = {
    "forum": "Skriv skjemaet til et regionalt kompetanseforum.",
    "hoering": "Skriv høringsskjemaet til en region uten eget kompetanseforum.",
    "skole": "Skriv skjemaet til videregående skoler.",
    "ynemnd": "Skriv skjemaet til yrkesopplæringsnemnda.",
    "bedrift": "Skriv skjemaet til virksomheter.",
    "laereplass": "Skriv skjemaet til opplæringskontor og lærebedrifter.",
}

form = typer.Typer(
    cls=norwegian.Group,
    help="Skjemaer: skriv dem, ta imot det som kommer tilbake, slett kontaktpersoner.\n\n"
    "Skriv for eksempel «tilbudsplan form forum --region forum-fosen --round 2027», send filen ut, "
    "legg de utfylte i mappen forms/inbox og kjør «tilbudsplan form take».",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Region = Annotated[
    str | None,
    typer.Option("--region", metavar="KODE", help="Fra data/reference/regions.csv."),
]
Round = Annotated[
    str | None,
    typer.Option("--round", metavar="ÅR", help="Standard: den første der fristen ikke er ute."),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FIL", dir_okay=False, help="Standard: et navn i denne mappen."),
]


def _writer(name: str) -> Callable[[str | None, str | None, Path | None], None]:
    def write(region: Region = None, round_name: Round = None, out: Out = None) -> None:
        from flows import form_commands

        form_commands.write(name, region, round_name, out)

    return write


for _name, _help in FORMS.items():
    form.command(_name, cls=norwegian.Command, help=_help)(_writer(_name))


@form.command(cls=norwegian.Command)
def take(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FIL]…", help="Standard: alle i mappen forms/inbox."),
    ] = None,
    json: Json = False,
) -> None:
    """Ta imot utfylte skjemaer, og skriv en kopi med svar for hver rad.

    Rader som er riktige, tas imot; resten får en grunn i kopien. En fil som er sendt før, endrer
    ingenting, og en rettet erstatter det avsenderen har meldt. Natten tar også imot det som ligger
    i mappen.

    Eksempel: tilbudsplan form take utfylt.xlsx
    """
    from flows import form_commands

    if not form_commands.take(files or [], json):
        raise typer.Exit(1)


@form.command(cls=norwegian.Command)
def contacts(
    delete: Annotated[
        str | None, typer.Option("--delete", metavar="NUMMER", help="Slett denne for godt.")
    ] = None,
    json: Json = False,
) -> None:
    """List kontaktpersonene i skjemaene, eller slett en av dem.

    Kontaktpersoner lagres for seg. Det de meldte, står når de er slettet.
    """
    from flows import form_commands

    form_commands.contacts(delete, json)
