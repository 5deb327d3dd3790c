"""Whether gates hold, what was tried, and what would get there: sentences with their figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from bench.track_record import measured, overview
from bench.track_record.measured import Setting
from bench.track_record.rolled import Rolled
from bench.track_record.shown import cell
from tasks.forecast.evaluation import measures

# The first year whose outcomes no earlier error prepared for: the pandemic, then refugees.
SHOCKS = 2020


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
        *shortfalls(setting, real, county, towns, (block, past)),
        "",
    ]


def shortfalls(
    setting: Setting,
    real: Path,
    county: Rolled,
    towns: Rolled,
    together: tuple[dict[str, object], dict[str, object]],
) -> list[str]:
    """Why intervals covered too little, and what scaling by years mends and does not."""
    recorded = {one.title: one for one in measured.recorded(setting, real)}
    seekers = recorded[measured.SEEKERS_2012].intervals
    earlier = recorded[measured.SEEKERS_2002].coverage("past").row(0, named=True)
    narrow, wide = (
        seekers.filter(pl.col("way") == way, pl.col("scheme") == "block").row(0, named=True)
        for way in ("by outcomes", "by years")
    )
    before, after = overview.since(county, SHOCKS)
    by_years = county.intervals.filter(pl.col("way") == "by years", pl.col("scheme") == "past")
    alone = by_years.row(0, named=True)
    small = [cell(row["coverage"]) for row in overview.since(towns, SHOCKS)]
    block, past = together
    return [
        "- **Job seekers 2012–2017** were the case for a year having one vote: counting outcomes, "
        f"two calm years narrowed intervals that covered {cell(narrow['unscaled'])} per cent to "
        f"{cell(narrow['coverage'])}; counting years they cover {cell(wide['coverage'])}, at a WIS "
        f"of {cell(wide['wis'], 2)} instead of {cell(narrow['wis'], 2)}.",
        "- **Persons 16–19 in the county**: scaled on the past alone the intervals of outcomes "
        f"until {SHOCKS - 1} covered {told(before)} with a bias of {cell(before['bias'], 2)} per "
        f"cent, from {SHOCKS} on {told(after)}: too high in 2021 and 2022, too low in 2025 and "
        "2026, by more than in any year before. The municipalities say it in a smaller voice, "
        f"{small[0]} and {small[1]} per cent. No scaling of what was seen until {SHOCKS - 1} holds "
        f"such years. Unscaled intervals covered {cell(alone['unscaled'])} of the same outcomes, "
        f"at a WIS of {cell(alone['unscaled_wis'], 2)} instead of {cell(alone['wis'], 2)}: factors "
        "learnt in calm years cost the rest.",
        "- **Beside the municipalities**: the county's intervals scaled by its size class in both "
        f"series cover {told(block)} on years that do not overlap and {told(past)} on the past. "
        "What gets further is more counties, not more years of one.",
        f"- **Job seekers 2002–2011** are too wide on the past, {told(earlier)}: five origins, and "
        "one of them met the crisis of 2008. That is the harmless side, and no rule that was tried "
        "brought it in without harm elsewhere ([method](method/evaluation.md)).",
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
