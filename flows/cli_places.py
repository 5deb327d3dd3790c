"""Commands of the plan in classes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from flows.options import Json

# As in `tasks.places.by_hand`, named here so that help pages read nothing.
Rest = Literal["hold", "search"]
Plan = Annotated[str, typer.Argument(metavar="PLAN", help="Planen det gjelder.")]


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
    draws: Annotated[
        int | None,
        typer.Option(
            "--draws",
            min=0,
            max=2_000,
            help="Trekninger i inntaket; 0: planen prøves ikke der. Standard: 200.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Lag planen i hele klasser for en kjøring, prøv den i inntaket og skriv den som dokument.

    Eksempel: tilbudsplan plan places 2027-28-20261127T010941Z-bd573bf5 --fixed vedtak.csv
    """
    from flows import places_commands

    places_commands.places(run, fixed, draws, json)


def report(plan: Plan, json: Json = False) -> None:
    """Skriv en plan som dokument: mål, alternativer, inntak, skoler og hva som ikke er bekreftet.

    Eksempel: tilbudsplan plan report 2027-28-20261127T010941Z-bd573bf5-0a1b2c3d
    """
    from flows import places_commands

    places_commands.report(plan, json)


def why(
    school: Annotated[
        str,
        typer.Argument(metavar="SKOLE", help="Navn, del av navnet eller organisasjonsnummer."),
    ],
    programme: Annotated[
        str,
        typer.Argument(
            metavar="PROGRAM", help="Utdanningsprogram eller programområde: navn eller kode."
        ),
    ],
    level: Annotated[int, typer.Argument(metavar="NIVÅ", min=1, max=3, help="1, 2 eller 3.")],
    plan: Annotated[
        str | None, typer.Option("--plan", metavar="PLAN", help="Standard: den siste.")
    ] = None,
    re_solve: Annotated[
        float | None,
        typer.Option(
            "--re-solve",
            metavar="KLASSER",
            min=0,
            help="Regn hele planen på nytt med så mange klasser her. Det kan ta flere minutter.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Si hvorfor et tilbud har de klassene det har, og hvorfor ikke flere eller færre.

    Elevene plasseres på nytt med én klasse mer og én færre, og de andre klassene som de er. Har
    ikke skolen tilbudet, regnes det som om det var ført i [[opening]] i rules/places.toml.

    Eksempel: tilbudsplan why Verdal Tømrer 2
    """
    from flows import places_commands

    places_commands.why(school, programme, level, plan, re_solve, json)


def tradeoff(
    plan: Plan,
    bounded: Annotated[
        str,
        typer.Argument(
            metavar="MÅL",
            help="Målet som får et tak: «udekket behov», «uten læreplass», førstevalg, reise, "
            "kostnad eller endring.",
        ),
    ] = "udekket_behov",
    minimised: Annotated[
        str, typer.Argument(metavar="MOT", help="Målet som gjøres minst mulig under taket.")
    ] = "kostnad",
    points: Annotated[
        int,
        typer.Option(
            "--points",
            metavar="ANTALL",
            min=0,
            max=50,
            help="Punkter mellom ytterpunktene. Hvert av dem kan ta et par minutter.",
        ),
    ] = 5,
    json: Json = False,
) -> None:
    """Vei to mål mot hverandre: hva koster det i det ene å få mindre av det andre?

    Reglene og det som er satt for hånd, holdes; de andre målene teller ikke. Svaret legges ved
    planen og tas inn i dokumentet.

    Eksempel: tilbudsplan plan tradeoff 2027-28-…-1a2b3c4d "udekket behov" førstevalg --points 8
    """
    from flows import places_commands

    places_commands.tradeoff(plan, bounded, minimised, points, json)


def export(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="Planen som skal med i møtet.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FIL", dir_okay=False, help="Standard: klasser-PLAN.xlsx."),
    ] = None,
) -> None:
    """Skriv planen som arbeidsbok, med kolonner til å sette andre klasser og hvorfor.

    Eksempel: tilbudsplan plan export 2027-28-…-1a2b3c4d --out ledermoete.xlsx
    """
    from flows import by_hand_commands

    by_hand_commands.export(plan, out)


def take(
    file: Annotated[
        Path,
        typer.Argument(metavar="FIL", help="Arbeidsbok fra «plan export», eller CSV med --plan."),
    ],
    rest: Annotated[
        Rest,
        typer.Option(
            "--rest",
            metavar="hold|search",
            help="Alle andre klasser: la dem stå (hold), eller regn nærliggende på nytt (search).",
        ),
    ] = "hold",
    plan: Annotated[
        str | None,
        typer.Option(
            "--plan",
            metavar="PLAN",
            help="Planen som en CSV gjelder, i tillegg til det som er satt i den fra før.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Les inn klasser satt for hånd, og si hva som er endret og hva det koster i hvert mål.

    Svaret er en ny plan; den gamle står. Er noe galt i filen, sies alt på én gang, og ingenting
    lagres.

    Eksempel: tilbudsplan plan import ledermoete.xlsx --rest search
    """
    from flows import by_hand_commands

    by_hand_commands.take(file, plan, rest, json)
