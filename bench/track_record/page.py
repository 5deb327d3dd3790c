"""Writes `docs/track-record.md` from what was measured, and reads it back for the test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from bench.track_record import measured, series
from bench.track_record.measured import Rolled, Setting
from tasks.forecast.evaluation import measures

PAGE = series.HERE / "docs" / "track-record.md"

HEAD = """# Track record

How far forecasts have missed what came true. Written by `python -m bench.track_record`; a test
holds this page to the figures wherever the recorded files are. Methods, formulas and what they
cannot say: [method/evaluation.md](method/evaluation.md). What a home has measured on its own
stored nights is in `audit.track_record` and in `tilbudsplan backtest`.

Columns: *h* years ahead, *n* outcomes over so many *origins*; *MAPE* sum of absolute errors over
sum of outcomes, and the same of the best benchmark at that horizon; *bias* signed, above zero is
too high; *MASE* against the mean yearly change until the origin; *WIS* in per cent of outcomes;
*80 %* share of outcomes inside the nominal 80 per cent interval, as simulated; *scaled* the same
after conformal scaling fitted on years that do not overlap, with its n; *direction* right, of
those that moved; *rank* correlation of growth over units. All in per cent but h, n, MASE and
rank. "·": nothing to measure.
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


def cell(value: object, digits: int = 1) -> str:
    """A figure as the page shows it."""
    if value is None:
        return "·"
    if isinstance(value, bool):
        return "holds" if value else "**does not hold**"
    if isinstance(value, float):
        shown = f"{value:.{digits}f}"
        return shown.removeprefix("-") if float(shown) == 0 else shown
    return str(value)


def rows(head: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(line) + " |" for line in lines),
    ]


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
    """What the intervals covered, all horizons together."""
    names = {
        None: "as simulated",
        "block": "scaled, years that do not overlap",
        "past": "scaled, on what had come by then",
    }
    told = []
    for scheme, name in names.items():
        row = tested.coverage(scheme).row(0, named=True)
        if not row["n"]:
            continue
        rule = "75–85 asked" if row["strict"] else "overlap with 75–85 asked"
        told.append(
            f"{name} {cell(row['coverage'])} % of {row['n']} "
            f"(Wilson {cell(row['low'])}–{cell(row['high'])}; {rule}: {cell(row['accepted'])})"
        )
    return ["80 % intervals: " + "; ".join(told) + "."] if told else []


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


def at(table: pl.DataFrame, column: str, horizons: Sequence[int] = (1, 3, 5)) -> str:
    """A measure at some horizons, as a sentence tells it."""
    values = {row["horizon"]: row[column] for row in table.iter_rows(named=True)}
    return " / ".join(cell(values[h], 2) for h in horizons)


def tried(setting: Setting, real: Path, county: Rolled, towns: Rolled) -> list[str]:
    """Whether gates hold, what else was tried, and what would get there."""
    longer = measured.telemark(setting, 5)[0].table
    official = measured.editions(real)["pairs"].filter(pl.col("series") == "16-19")
    same = measured.same_origins(county, official)
    ours = same.filter(pl.col("model") == county.model)
    theirs = same.filter(pl.col("model") == measured.OFFICIAL)
    past = measured.pooled(county, towns, "past")
    block = measured.pooled(county, towns, "block")
    found = pupils_missed(measured.pupils(setting, real)[0])
    return [
        "## Gates, what was tried, and what would get there",
        "",
        "- **Persons 16–19 in a county hold the gates** (≤ 1.0 / 2.5 / 4.5 per cent at 1 / 3 / 5 "
        f"years, |bias| < 1): {at(county.table, 'mape')}, bias {at(county.table, 'bias')}, by "
        "ageing of published age bands with ratios of the last "
        f"{setting.rules.mean_years} years. Ratios of five years give "
        f"{at(longer, 'mape')}, bias {at(longer, 'bias')}. Rebuilding birth cohorts from "
        "overlapping bands (regularised least squares) gave smaller errors, but a bias that grew "
        "to a per cent and a half at six years, and two smoothing constants that nothing settles; "
        "it was left out.",
        f"- **Beside the official projection**, from the same {ours['n'].max()} origins, ageing of "
        f"bands missed by {at(ours, 'mape')} per cent where the projection missed by "
        f"{at(theirs, 'mape')}: as good over three years, worse over five, where single years of "
        "age tell. So few origins settle no more.",
        "- **Persons 16–18 in Trøndelag and the nation do not hold them**: the recorded series has "
        "only the sums, and no trend of sums sees a wave coming. What gets there is table 07459 by "
        "single years, which a night of the live sources fetches; `tilbudsplan backtest` then "
        "measures ageing on it.",
        "- **Pupils**: three counts, one origin with a step behind it; two outcomes settle nothing "
        f"({found}), and horizons beyond one year are not measurable yet.",
        "- **Labour-market series hold no such gate, and no model here beats its best benchmark**: "
        "turns of the economy (2008, 2020) are in none of them. They fall back to the benchmark "
        "(law 6), and their intervals, once scaled, are wide.",
        "- **Intervals of a single series** rest on few outcomes: scaled on the past alone the "
        "county's cover too little. Scores of its size class among the municipalities beside its "
        f"own give {told(block)} on years that do not overlap and {told(past)} on the past: "
        "better, not enough. What gets there is more counties, not more years of one.",
        "",
    ]


def told(row: dict[str, object]) -> str:
    """Coverage in a sentence."""
    return f"{cell(row['coverage'])} % of {row['n']} ({cell(row['accepted'])})"


def pupils_missed(rolled: Rolled) -> str:
    """What each method missed of the two outcomes."""
    by_model = (
        measures.table(rolled.pairs, ("model",)).select("model", "mape").sort("mape", "model")
    )
    return ", ".join(f"{model} {cell(missed)} %" for model, missed in by_model.iter_rows())


def text(setting: Setting, real: Path) -> str:
    """The whole page."""
    lines = [HEAD, "## Real series", ""]
    county, towns = measured.telemark(setting)
    for tested in (county, towns):
        lines += section(tested)
    lines += projections(real)
    for tested in [*measured.recorded(setting, real), *measured.pupils(setting, real)]:
        lines += section(tested)
    lines += [*tried(setting, real, county, towns), "## Constructed series", ""]
    lines += [
        "They say that the code is right, and nothing of what forecasts are worth in Trøndelag.",
        "",
    ]
    for tested in measured.constructed(setting):
        lines += section(tested)
    lines += [PEERS]
    return "\n".join(lines).rstrip() + "\n"
