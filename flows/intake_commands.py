"""Runs a plan through the intake and says what it gives."""

from __future__ import annotations

import json

import polars as pl

from flows import show
from tasks import plan_intake, plan_report
from tasks.publish import formats
from tasks.settings import Settings

MEASURES = {
    "applicants": "søkere i inntaket",
    "first_programme": "fikk førstevalget, programmet",
    "first_school": "fikk førstevalget, program og skole",
    "one_of_three": "fikk ett av tre valg",
    "without": "uten plass",
    "out_of_region": "utenfor egen region",
    "sent_out_of_region": "sendt ut av regionen",
    "long_travel": "lang reise",
    "sent_far": "sendt langt",
    "other_programme": "uten førstevalget",
    "away": "lang reise eller utenfor regionen",
}


def intake(plan: str, draws: int, as_json: bool) -> None:
    """Make the intake of a plan, and print what matters of it."""
    settings = Settings()
    folder = plan_intake.execute(settings, plan, draws=draws)
    document = plan_report.execute(settings, plan)
    goals = pl.read_parquet(folder / "intake_goals.parquet")
    county = goals.filter(
        pl.col("round") == 1, pl.col("level") == "*", pl.col("region_code") == "*"
    )
    if as_json:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        show.as_json({"plan": plan, "goals": county.to_dicts(), "manifest": manifest})
        return
    show.line("Førsteinntaket, søkere i fylket (80 prosent intervall).")
    show.line()
    names = county.get_column("plan").unique(maintain_order=True).to_list()
    found = {
        (name, measure): f"{formats.whole(mean)} ({formats.whole(low)}–{formats.whole(high)})"
        for name, measure, mean, low, high in county.select(
            "plan", "measure", "mean", "p10", "p90"
        ).iter_rows()
    }
    head = ("", *(plan_intake.TITLES[name] for name in names))
    show.as_table(
        head,
        [(title, *(found[name, key] for name in names)) for key, title in MEASURES.items()],
    )
    show.line()
    show.line(f"Tabellene ligger i {show.relative(folder)}")
    show.line(f"Dokument: {show.relative(document)}")
