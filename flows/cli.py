"""The command line. Options are English, what it prints is Norwegian; imports are lazy.

Exit codes: 0 done, 1 failed, 2 wrong use.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
import typer.core
from typer.exceptions import TyperException

from flows import cli_backtest, cli_decisions, cli_intake, cli_keeping, cli_places, norwegian
from flows.cli_cases import case
from flows.cli_cycle import cycle
from flows.cli_forms import form
from flows.cli_indicators import indicators
from flows.cli_mail import mail, watchdog
from flows.cli_quality import check, quarantine
from flows.options import AsOf, Json
from tasks.errors import TilbudsplanError, WrongUse, is_interrupt

# The library's help headings go through this name; there is no public way to another language.
typer.core._ = norwegian.heading  # type: ignore[attr-defined,assignment]

app = typer.Typer(
    name="tilbudsplan",
    cls=norwegian.Root,
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
plan.command("places", cls=norwegian.Command)(cli_places.places)
plan.command("report", cls=norwegian.Command)(cli_places.report)
plan.command("tradeoff", cls=norwegian.Command)(cli_places.tradeoff)
plan.command("export", cls=norwegian.Command)(cli_places.export)
plan.command("import", cls=norwegian.Command)(cli_places.take)
plan.command("intake", cls=norwegian.Command)(cli_intake.intake)
app.add_typer(cycle, name="cycle")
app.add_typer(case, name="case")
app.add_typer(indicators, name="indicators")
app.add_typer(form, name="form")
app.add_typer(quarantine, name="quarantine")
app.add_typer(mail, name="mail")
app.command("check", cls=norwegian.Command)(check)
app.command("watchdog", cls=norwegian.Command)(watchdog)
app.command("backtest", cls=norwegian.Command)(cli_backtest.backtest)


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


@plan.command("run", cls=norwegian.Command)
def plan_run(
    school_year: Annotated[
        str, typer.Option("--school-year", metavar="2027/28", help="Skoleåret planen gjelder.")
    ],
    seed: Annotated[int, typer.Option("--seed", min=0, help="Frø: samme frø gir samme tall.")] = 1,
    draws: Annotated[
        int | None, typer.Option("--draws", min=50, max=20_000, help="Antall trekninger.")
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            "--scenario",
            metavar="NAVN",
            help="Scenario (data/reference/scenarios) ved siden av; kan gis flere ganger.",
        ),
    ] = None,
) -> None:
    """Regn fram behovet for ett skoleår og skriv dimensjoneringsrapporten.

    Eksempel: tilbudsplan plan run --school-year 2027/28 --scenario laereplassgaranti
    """
    from flows import commands

    commands.plan_run(school_year, seed, draws, tuple(scenario or ()))


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
    subject: Annotated[
        str, typer.Argument(metavar="TABELL|TABELL.KOLONNE", help="En tabell i mart.")
    ],
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


for _command in (
    cli_places.why,
    cli_decisions.decide,
    cli_decisions.decisions,
    cli_decisions.rerun,
    cli_decisions.diff,
    cli_keeping.prune,
    cli_keeping.backup,
    cli_keeping.restore,
):
    app.command(cls=norwegian.Command)(_command)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


_STOPPED = "Avbrutt. Det som var publisert fra før, står urørt."


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
        return _refuse(_STOPPED, 1)
    except SystemExit:
        # The library's only use of it: the reader (head, less) has seen enough.
        return 0
    except Exception as error:
        if is_interrupt(error):
            return _refuse(_STOPPED, 1)
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
