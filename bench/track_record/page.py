"""Writes `docs/track-record.md` from what was measured, and reads it back for the test."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from bench.track_record import findings, measured, overview, series
from bench.track_record.measured import Setting
from bench.track_record.rolled import Rolled
from bench.track_record.shown import cell, rows
from tasks.forecast.evaluation.classes import ANNOUNCED, OPEN

PAGE = series.HERE / "docs" / "track-record.md"

HEAD = """# Track record

How far forecasts have missed what came true. Written by `python -m bench.track_record`; a test
holds this page to the figures wherever the recorded files are. Methods, formulas and what they
cannot say: [method/evaluation.md](method/evaluation.md). What a home has measured on its own
stored nights is in `audit.track_record` and in `tilbudsplan backtest`.

## At a glance
"""

GLANCE = """
Real series alone. *Used* is what the series is forecast by (law 6). At 1, 3 and 5 years: its
size-weighted MAPE (bias), per cent, and whether the gate holds, |bias| < 1 with it. *80 %*: share
of outcomes inside intervals scaled by years, fitted on years that do not overlap, and on the past
alone; from 400 outcomes 75–85 is asked, with fewer (*) that Wilson's interval overlaps it. Outcomes
of one origin share its shocks: how far a share can be trusted is rather told by the origins. *Class
given*: share of forecasts that announced *ned*, *som før* or *opp* with a probability of at least
0.8, and how many of those came true, all horizons together (Wilson). The gates were set for
cohorts and pupils; the rows below them are held to the same, and do not come near.
"""

FILES = """
### Every recorded file, and what can be measured of it
"""

COLUMNS = """## Real series

Columns: *h* years ahead, *n* outcomes over so many *origins*; *MAPE* sum of absolute errors over
sum of outcomes, and the same of the best benchmark at that horizon; *bias* signed, above zero is
too high; *MASE* against the mean yearly change until the origin; *WIS* in per cent of outcomes;
*80 %* share of outcomes inside the nominal 80 per cent interval, as simulated; *scaled* the same
after scaling by years, fitted on years that do not overlap, with its n; *direction* right, of
those that moved; *rank* correlation of growth over units. All in per cent but h, n, MASE and
rank. "·": nothing to measure.

Intervals are told as simulated, scaled *by outcomes* (split-conformal) and *by years* (what is
used), each judged on other times: *other years* (no overlap) and *past* (what had come by the
origin). *Unscaled* is what the simulated intervals covered of the same outcomes: the two ways do
not have the same ones. WIS in per cent of outcomes, the smaller the better.

Classes of change: of each class that was announced, how many came true as *ned / som før / opp*.
*Commonest* is what always saying the class that came true most often would have given.
"""

PEERS = """## Published accuracy to compare with

| who | what | 1 year | 3 years | 5 years | bias |
|---|---|---|---|---|---|
| GLA, London sub-regional pupils | past-average ratios | 1.1 | 1.5 | 3.1 | |
| | last value | 1.6 | 3.7 | 6.7 | |
| English local authorities, secondary | scorecards | 1.4 | 3.2 | | +2.9 |
| NCES, US public high-school graduates | grade progression | 1.0 | | 1.5 | |
| BLS, occupations, ten years | direction | 77–84 right | | | |
"""


def section(tested: Rolled) -> list[str]:
    """One series."""
    head = ["h", "n", "origins", "MAPE", "benchmark", "bias", "MASE", "WIS", "80 %", "scaled"]
    head += ["direction", "rank", *(["gate"] if tested.gate else [])]
    lines = []
    for row in tested.table.iter_rows(named=True):
        best = f"{cell(row['benchmark_mape'], 2)} ({row['benchmark']})"
        scaled = cell(row["calibrated"])
        if row["calibrated"] is not None:
            scaled += f" ({row['calibrated_n']})"
        line = [
            cell(row["horizon"]),
            cell(row["n"]),
            cell(row["n_origins"]),
            cell(row["mape"], 2),
            best,
            cell(row["bias"], 2),
            cell(row["mase"], 2),
            cell(row["relative_wis"], 2),
            cell(row["coverage80"]),
            scaled,
            cell(row["direction_hits"]),
            cell(row["rank_correlation"], 2),
        ]
        if tested.gate:
            gate = "" if row["gate"] is None else f"≤ {row['gate']:g}: {cell(row['holds'])}"
            line.append(gate)
        lines.append(line)
    chosen = tested.choice
    text = [
        f"### {tested.title}",
        "",
        tested.note,
        "",
        f"Model: *{tested.model}*. Used: *{chosen['used']}* ({chosen['reason']}).",
        "",
        *rows(head, lines),
        "",
        *coverage(tested),
    ]
    return [*text, ""]


def coverage(tested: Rolled) -> list[str]:
    """What the intervals covered, all horizons together: before scaling, and both ways after."""
    if tested.intervals.is_empty():
        return []
    times = {"": "·", "block": "other years", "past": "past"}
    lines = [
        [
            row["way"],
            times[row["scheme"]],
            cell(row["n"]),
            cell(row["coverage"]),
            f"{cell(row['low'])}–{cell(row['high'])}",
            f"{'75–85' if row['strict'] else 'overlap'}: {cell(row['accepted'])}",
            cell(row["wis"], 2),
            cell(row["unscaled"]),
            cell(row["unscaled_wis"], 2),
        ]
        for row in tested.intervals.iter_rows(named=True)
    ]
    head = ["80 % intervals", "judged on", "n", "covered", "Wilson", "asked", "WIS"]
    return [*rows([*head, "unscaled", "its WIS"], lines), "", *class_hits(tested)]


def class_hits(tested: Rolled) -> list[str]:
    """Classes of change: how often announced, how often right, and the matrix."""
    told, cells = tested.classes
    if told.is_empty():
        return []
    counted = {
        (row["horizon"], row["forecast_class"], row["outcome_class"]): row["n"]
        for row in cells.iter_rows(named=True)
    }
    lines = []
    for row in told.iter_rows(named=True):
        right = f"{cell(row['right'])} ({cell(row['right_low'])}–{cell(row['right_high'])})"
        lines.append(
            [
                cell(row["horizon"]),
                cell(row["n"]),
                cell(row["given"]),
                "·" if row["right"] is None else right,
                cell(row["commonest"]),
                *(
                    " / ".join(str(counted[row["horizon"], f, o]) for o in ANNOUNCED)
                    for f in (*ANNOUNCED, OPEN)
                ),
            ]
        )
    head = ["h", "n", "class given", "right (Wilson)", "commonest"]
    return rows([*head, *(f"said «{name}»" for name in (*ANNOUNCED, OPEN))], lines)


def projections(real: Path) -> list[str]:
    """The official projection, edition by edition."""
    found = measured.editions(real)
    old = found["old"].pivot("horizon", index="series", values=["mape", "bias"], sort_columns=True)
    order = ["6-12", "13-15", "16-19"]
    lines = [
        [
            band,
            *(
                f"{cell(old.filter(pl.col('series') == band)[f'mape_{h}'].item(), 2)} "
                f"({cell(old.filter(pl.col('series') == band)[f'bias_{h}'].item(), 2)})"
                for h in range(1, 7)
            ),
        ]
        for band in order
    ]
    ages = ["0", "1-5", *order, "20-44", "45-66", "67-79", "80-89", "90 eller eldre"]
    by_age = {(r["series"], r["period"]): r for r in found["recorded"].iter_rows(named=True)}
    recent = []
    for age in ages:
        line = [age]
        for year in (2025, 2026):
            row = by_age.get((age, year))
            line += [cell(row["mape"], 2), cell(row["county_bias"], 2)] if row else ["·", "·"]
        recent.append(line)
    places = [
        [row["unit"], cell(row["q50"], 0), cell(row["actual"], 0), cell(row["bias"])]
        for row in found["places"].iter_rows(named=True)
    ]
    return [
        "### The official projection as it was known then, Telemark",
        "",
        "Main alternative of the editions of 2005, 2010, 2016 and 2018 against what was "
        "registered: size-weighted MAPE (bias) over the four, by age band. An edition stands on "
        "1 January of its year and comes in the summer.",
        "",
        *rows(["ages", *(f"{h} y" for h in range(1, 7))], lines),
        "",
        "The edition of 2024 (table 14288) in 2025 and 2026: MAPE over the 17 municipalities, and "
        "the county's error. 2026 is the registered base year of the edition of 2026 (table "
        "14746); of 2025 the registered figures are at hand for the young alone.",
        "",
        *rows(["ages", "2025", "county", "2026", "county"], recent),
        "",
        "Persons 16–19 in 2026, by municipality:",
        "",
        *rows(["municipality", "edition 2024", "registered", "error"], places),
        "",
        "Two years on, a small municipality may be off by a tenth for an age group that was born "
        "long before: people move. The spread between low and high alternatives tells nothing "
        "of it.",
        "",
    ]


def text(setting: Setting, real: Path) -> str:
    """The whole page."""
    county, towns = measured.telemark(setting)
    recorded, pupils = measured.recorded(setting, real), measured.pupils(setting, real)
    lines = [HEAD, *overview.gates([county, towns, *recorded, *pupils], real), GLANCE, FILES]
    lines += [*overview.inventory(real), "", *overview.carried_over(real), COLUMNS]
    for tested in (county, towns):
        lines += section(tested)
    lines += projections(real)
    for tested in [*recorded, *pupils]:
        lines += section(tested)
    lines += [*findings.tried(setting, real, county, towns), "## Constructed series", ""]
    lines += [
        "They say that the code is right, and nothing of what forecasts are worth in Trøndelag.",
        "",
    ]
    for tested in measured.constructed(setting):
        lines += section(tested)
    lines += [PEERS]
    return "\n".join(lines).rstrip() + "\n"
