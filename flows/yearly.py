"""The yearly run: forecast -> run folder -> report and workbook."""

from __future__ import annotations

from typing import Annotated

from prefect import flow, task
from prefect.artifacts import create_link_artifact
from pydantic import Field

from flows import workers
from flows.show import step
from tasks import runs
from tasks.publish import report
from tasks.settings import Settings

calculate = task(name="regn", task_run_name="regn-{school_year}")(
    workers.beside("report", runs.execute)
)
publish = task(name="publiser")(workers.beside("report", report.write))


@flow(
    name="dimensjonering",
    description="Regner behov for plasser og skriver dimensjoneringsrapporten for ett skoleår.",
    flow_run_name="dimensjonering-{school_year}",
    validate_parameters=True,
)
def yearly(
    school_year: Annotated[str, Field(pattern=r"^20\d\d/\d\d$")] = Field(
        "2027/28",
        description="Skoleåret planen gjelder, skrevet som 2027/28.",
        json_schema_extra={"title": "Skoleår"},
    ),
    seed: Annotated[int, Field(ge=0)] = Field(
        1,
        description="Samme frø og samme tall gir samme resultat, også om mange år.",
        json_schema_extra={"title": "Frø for trekningene"},
    ),
    draws: Annotated[int, Field(ge=50, le=20_000)] = Field(
        Settings.model_fields["draws"].default,
        description="Flere trekninger gir jevnere intervaller og tar lengre tid.",
        json_schema_extra={"title": "Antall trekninger"},
    ),
    scenarios: list[str] = Field(
        [],
        description="Navn på filer i data/reference/scenarios som regnes ved siden av.",
        json_schema_extra={"title": "Scenarier"},
    ),
) -> str:
    """Forecast, balance and report for one school year.

    Returns:
        The id of the run.
    """
    workers.start("report")
    settings = Settings()
    rooms = settings.rooms

    step("regner behovet")
    run = calculate(settings, school_year, seed, draws, scenarios=scenarios)

    step("skriver rapporten")
    written = publish(rooms.runs / run, rooms.warehouse, rooms.reports / run)

    create_link_artifact(
        link=written.html.as_uri(),
        link_text=f"Dimensjoneringsrapport {school_year}",
        key="rapport",
        description=f"Regneark: {written.xlsx}",
    )
    return run
