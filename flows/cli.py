"""The command line. Options are English, what it prints is Norwegian; imports are lazy.

Exit codes: 0 done, 1 failed, 2 wrong use.
"""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated, Any

import typer
import typer.core
from typer.exceptions import TyperException

from flows import norwegian
from flows.cli_forms import form
from tasks.errors import TilbudsplanError, WrongUse

# The library's help headings go through this name; there is no public way to another language.
typer.core._ = norwegian.heading  # type: ignore[attr-defined,assignment]

app = typer.Typer(
    name="tilbudsplan",
    cls=norwegian.Group,
    help="Kunnskapsbasert tilbudsplanlegging: fra offentlige tall til plasser i skolen.\n\n"
    "Første gang: «tilbudsplan demo» kjører alt på eksempeldata og sier hvor rapporten ligger. "
    "Deretter: «status» for å se hvordan det står til, «doctor» når noe er galt.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
plan = typer.Typer(
    cls=norwegian.Group,
    help="Årets dimensjonering: regn fram behov for plasser.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(plan, name="plan")
case = typer.Typer(
    cls=norwegian.Group,
    help="Meldte behov: hva som blir av dem, og svar til dem som meldte.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(case, name="case")
indicators = typer.Typer(
    cls=norwegian.Group,
    help="Regionale kompetanseindikatorer: se, kommentere, frigi og rette.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(indicators, name="indicators")
app.add_typer(form, name="form")

Json = Annotated[bool, typer.Option("--json", help="Skriv svaret som JSON.")]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DATO", help="Slik det stod den datoen."),
]


@app.command(cls=norwegian.Command)
def demo() -> None:
    """Kjør en natt og en dimensjonering på eksempeldata, og si hvor rapporten ligger."""
    from flows import commands

    commands.demo()


@app.command(cls=norwegian.Command)
def sources(json: Json = False) -> None:
    """List datasettene: kilde, tabell, hvor ferske tallene er."""
    from flows import reading

    reading.sources(json)


@app.command(cls=norwegian.Command)
def ingest(
    datasets: Annotated[
        list[str] | None, typer.Argument(metavar="[DATASETT]…", help="Standard: alle.")
    ] = None,
    as_of: AsOf = None,
    full: Annotated[
        bool, typer.Option("--full", help="Tolk alt på nytt, også det som er uendret.")
    ] = False,
    ignore_windows: Annotated[
        bool, typer.Option("--ignore-windows", help="Spør også når kilden ber om å få være i fred.")
    ] = False,
) -> None:
    """Hent, kontroller og publiser tall.

    Med en tidligere --as-of bygges tallene på nytt fra det som ble hentet da, uten nett, i en egen
    fil. Dagens publiserte tall røres ikke.

    Eksempel: tilbudsplan ingest ssb_population klass_municipalities
    """
    from flows import commands

    day = as_of.date() if as_of else None
    if not commands.ingest(tuple(datasets or ()), day, full, ignore_windows):
        raise typer.Exit(1)


@app.command(cls=norwegian.Command)
def build() -> None:
    """Bygg tabellene på nytt av det som er hentet og ført, uten å spørre kildene.

    Til bruk når skjemaer, saker eller kommentarer skal synes før neste natt.
    """
    from flows import commands

    commands.build()


By = Annotated[str, typer.Option("--by", metavar="HVEM", help="Hvem som bestemmer: enhet, rolle.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEKST", help="Begrunnelse.")]
Base = Annotated[
    int | None, typer.Option("--base", metavar="ÅR", help="Kunnskapsgrunnlaget. Standard: i år.")
]


@case.command("list", cls=norwegian.Command)
def case_list(
    state: Annotated[
        str | None, typer.Option("--state", metavar="TILSTAND", help="Bare disse, som «meldt».")
    ] = None,
    unanswered: Annotated[
        bool, typer.Option("--unanswered", help="Bare innspill som ikke har fått svar.")
    ] = False,
    json: Json = False,
) -> None:
    """List behovene, med tilstand og svar."""
    from flows import case_commands

    case_commands.listed(state, unanswered, json)


@case.command("show", cls=norwegian.Command)
def case_show(need: Annotated[str, typer.Argument(metavar="BEHOV")], json: Json = False) -> None:
    """Vis ett behov og hvordan det er behandlet."""
    from flows import case_commands

    case_commands.shown(need, json)


@case.command("set", cls=norwegian.Command)
def case_set(
    need: Annotated[str, typer.Argument(metavar="BEHOV")],
    state: Annotated[str, typer.Argument(metavar="TILSTAND")],
    by: By,
    body: Annotated[
        str | None, typer.Option("--body", metavar="INSTANS", help="Hvem som tar det videre.")
    ] = None,
    offer: Annotated[
        str | None, typer.Option("--offer", metavar="TILBUD", help="Tilbudet det kobles til.")
    ] = None,
    started: Annotated[
        datetime | None,
        typer.Option("--started", formats=["%Y-%m-%d"], metavar="DATO", help="Når det startet."),
    ] = None,
    participants: Annotated[
        int | None, typer.Option("--participants", metavar="ANTALL", help="Hvor mange som deltar.")
    ] = None,
    reason: Reason = None,
) -> None:
    """Før en ny tilstand: avklart, koblet, igangsatt eller avslått.

    Eksempel: tilbudsplan case set 3f2a9c avklart --body vgo --by "Seksjon for kompetanse"
    """
    from flows import case_commands

    case_commands.set_state(need, state, by, body, offer, started, participants, reason)


@case.command("answer", cls=norwegian.Command)
def case_answer(
    subject: Annotated[str, typer.Argument(metavar="BEHOV|INNSENDING")],
    verdict: Annotated[str, typer.Argument(metavar="SVAR")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", metavar="TEKST", help="Begrunnelse.")],
    sent_to: Annotated[
        str | None, typer.Option("--sent-to", metavar="HVEM", help="Hvem det er sendt videre til.")
    ] = None,
) -> None:
    """Svar på et innspill: «brukt», «ikke brukt» eller «sendt videre», med begrunnelse."""
    from flows import case_commands

    case_commands.answer(subject, verdict, reason, by, sent_to)


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
    """Frigi kunnskapsgrunnlaget: tallene beholdes slik de står nå."""
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


@plan.command("run", cls=norwegian.Command)
def plan_run(
    school_year: Annotated[
        str, typer.Option("--school-year", metavar="2027/28", help="Skoleåret planen gjelder.")
    ],
    seed: Annotated[int, typer.Option("--seed", min=0, help="Frø: samme frø gir samme tall.")] = 1,
    draws: Annotated[
        int | None, typer.Option("--draws", min=50, max=20_000, help="Antall trekninger.")
    ] = None,
) -> None:
    """Regn fram behovet for ett skoleår og skriv dimensjoneringsrapporten.

    Eksempel: tilbudsplan plan run --school-year 2027/28
    """
    from flows import commands

    commands.plan_run(school_year, seed, draws)


@app.command(cls=norwegian.Command)
def report(
    run: Annotated[str | None, typer.Argument(metavar="[KJØRING]", help="Standard: siste.")] = None,
    json: Json = False,
) -> None:
    """Skriv rapporten for en kjøring på nytt, og si hvor den ligger.

    Navnene på alle kjøringer står i «tilbudsplan status --json».
    """
    from flows import reading

    reading.report(run, json)


@app.command(cls=norwegian.Command)
def query(
    sql: Annotated[
        str | None,
        typer.Argument(metavar="[SQL]", help="Én SELECT. Uten: list tabellene og hva en rad er."),
    ] = None,
    json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="Skriv CSV for Excel.")] = False,
    as_of: AsOf = None,
) -> None:
    """Spør det publiserte varehuset med SQL (kun lesing).

    Eksempel: tilbudsplan query "from mart.pupils_by_school_year limit 5"
    """
    if json and csv:
        raise WrongUse(
            expected="--json eller --csv", got="begge", remedy="velg én av dem", subject="query"
        )
    from flows import reading

    reading.query(sql, "json" if json else "csv" if csv else "table", as_of)


@app.command(cls=norwegian.Command)
def explain(
    subject: Annotated[str, typer.Argument(metavar="TABELL[.KOLONNE]", help="En tabell i mart.")],
    where: Annotated[
        str | None,
        typer.Option("--where", metavar="VILKÅR", help="Bare rader der dette gjelder (SQL)."),
    ] = None,
    json: Json = False,
) -> None:
    """Forklar en tabell eller et tall: hva det er, og hvor det kommer fra.

    Eksempel: tilbudsplan explain indicator_value.value --where "area_code = '50' and year = 2024"
    """
    from flows import explain as command

    command.explain(subject, where, json)


@app.command(cls=norwegian.Command)
def status(json: Json = False) -> None:
    """Siste natt, siste plan og rapport, gamle datasett og åpne varsler."""
    from flows import reading

    reading.status(json)


@app.command(cls=norwegian.Command)
def doctor(
    datasets: Annotated[
        list[str] | None, typer.Argument(metavar="[DATASETT]…", help="Med --live. Standard: alle.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Spør kildene om de er slik katalogen sier.")
    ] = False,
    json: Json = False,
) -> None:
    """Se etter feil i oppsettet, og si hva som må gjøres.

    Med --live sammenlignes variabler og koder i katalogen med det kildene har i dag; ingenting
    lagres.

    Eksempel: tilbudsplan doctor --live ssb_population
    """
    if datasets and not live:
        raise WrongUse(
            expected="--live når datasett er nevnt",
            got=", ".join(datasets),
            remedy="skriv «tilbudsplan doctor --live» foran navnene",
            subject="doctor",
        )
    from flows import checkup

    if not checkup.doctor(json, (datasets or []) if live else None):
        raise typer.Exit(1)


@app.command(cls=norwegian.Command)
def purge(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Bare vis hva som ville blitt slettet.")
    ] = False,
    json: Json = False,
) -> None:
    """Slett personopplysninger som er over slettedatoen.

    Rader om personer slettes fra alt som er lagret, og det føres i journalen. Tall som er talt av
    dem, står.
    """
    from flows import commands

    commands.purge(dry_run, json)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command.

    Returns:
        0 done, 1 failed, 2 wrong use.
    """
    command: Any = typer.main.get_command(app)
    try:
        result = command.main(args=arguments, prog_name="tilbudsplan", standalone_mode=False)
    except WrongUse as error:
        return _refuse(f"Feil bruk: {error}", 2)
    except TilbudsplanError as error:
        return _refuse(f"Feil: {error}", 1)
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            # Nobody was wrong yet: the message is the help page.
            return _refuse(_message(error), 2)
        return _refuse(f"Feil bruk: {norwegian.usage_error(_message(error))}", 2, error)
    except KeyboardInterrupt:
        return _refuse("Avbrutt. Det som var publisert fra før, står urørt.", 1)
    except SystemExit:
        # The library's only use of it: the reader (head, less) has seen enough.
        return 0
    except Exception as error:
        # A planner is told what to do; the trace is for whoever runs the installation.
        from flows import trouble

        return _refuse(f"Feil: {trouble.explain(error)}", 1)
    return result if isinstance(result, int) else 0


def _message(error: TyperException) -> str:
    return error.format_message() if hasattr(error, "format_message") else str(error)


def _refuse(text: str, code: int, error: TyperException | None = None) -> int:
    print(text, file=sys.stderr)  # noqa: T201
    if error is not None:
        command = getattr(getattr(error, "ctx", None), "command_path", "tilbudsplan")
        print(f"Se «{command} --help».", file=sys.stderr)  # noqa: T201
    return code


if __name__ == "__main__":
    main()
