"""Simulated admission limits of 2025 beside the published ones, and the page that tells of them.

`python -m tests.real.intake_limits HOME` writes `docs/method/intake-2025.md` from the published
night of a home.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import polars as pl

from tasks import intake_inputs
from tasks.intake_rules import read_intake_rules
from tasks.places.intake import evidence, offered, tables, validation
from tasks.places.intake.simulate import simulate
from tasks.places.intake.types import Result
from tasks.settings import CHECKOUT, Project, Rooms, Settings

YEAR, SEED, COUNTY, DRAWS = 2025, 1, "50", 200
PAGE = CHECKOUT / "docs" / "method" / "intake-2025.md"
HEAD = """# Simulated and published admission limits, 2025

Written by `python -m tests.real.intake_limits HOME`; [what it tells](intake.md), section 6.
{draws} draws, first round, Vg1. *real*: published points (vilbli.no), `open`: everybody was let
in. *limited*: share of draws with a limit. *p10, p50, p90*: simulated points over those draws.
*others*: median of the programme's other published limits. *miss*: p50 less published. Places and
first choices of the sample are constructed; the published limits are not.

"""


def simulated(rooms: Rooms, draws: int) -> tuple[Result, pl.DataFrame]:
    """The intake of 2025 on the published night, and its limits beside the published."""
    frames = intake_inputs.read(rooms, Project().reference, date(YEAR + 1, 10, 1))
    rules = read_intake_rules(Project().reference / "rules")
    offers = offered.offers(frames, YEAR)
    applications = evidence.applications(frames, offers, rules, county=COUNTY)
    [result] = simulate([offers], applications, rules, seed=SEED, county=COUNTY, draws=draws)
    return result, validation.compared(tables.offers(result, 1), frames["limits"], YEAR)


def text(rows: pl.DataFrame, draws: int) -> str:
    """The page: quartiles by programme and region, then every offer."""
    parts = [HEAD.format(draws=draws)]
    for title, by in (
        ("All", None),
        ("By programme", "programme_code"),
        ("By intake region", "intake_region_code"),
    ):
        parts.append(f"## {title}\n\n{_table(validation.summary(rows, by))}\n")
    explained = validation.explained(rows)
    listed = ", ".join(f"{name} {value:+.2f}" for name, value in explained.items())
    parts.append(f"Rank correlation of the miss with: {listed}.\n\n")
    each = rows.select(
        "school",
        pl.col("programme_code").alias("programme"),
        "places",
        pl.col("wished_mean").alias("first wishes"),
        pl.col("real").round(1).cast(pl.String).fill_null("open"),
        pl.col("p_limited").alias("limited"),
        pl.col("limit_p10").alias("p10"),
        pl.col("limit_p50").alias("p50"),
        pl.col("limit_p90").alias("p90"),
        pl.col("programme_median").alias("others"),
        "miss",
    )
    return "".join([*parts, f"## Every offer\n\n{_table(each)}"])


def _table(rows: pl.DataFrame) -> str:
    lines = [rows.columns, ["---"] * rows.width]
    lines += [
        [_cell(name, v) for name, v in zip(rows.columns, row, strict=True)]
        for row in rows.iter_rows()
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(name: str, value: object) -> str:
    match value:
        case None:
            return ""
        case float():
            shares = ("limited", "inside", "brier", "benchmark_brier")
            return f"{value:.2f}" if name in shares else f"{value:.1f}"
        case _:
            return str(value)


if __name__ == "__main__":
    _, compared = simulated(Settings(home=Path(sys.argv[1])).rooms, DRAWS)
    PAGE.write_text(text(compared, DRAWS), encoding="utf-8")
