"""The page's first tables: every real series against the gates, and every recorded file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from bench.track_record import measured, series
from bench.track_record.rolled import SCHEMES, Rolled
from bench.track_record.shown import cell, rows
from tasks.forecast.evaluation import by_year, classes, conformal, measures
from tasks.forecast.evaluation.standards import gated

# What every recorded file is worth here: a heading of the page, or why it cannot be measured.
FILES: dict[str, str] = {
    "ssb/framskrevet_telemark_2024-2050.csv": "the official projection, edition of 2024",
    "ssb/14746_framskrevet_telemark_2026-2050.csv": "the same: its base year is the outcome",
    "ssb/ssb_fylkestall_trondelag_excerpt_2026.json": "persons 16–18 (sums), young people outside "
    "work and education, points from lower secondary school. Participation (6 years) and cost per "
    "pupil (5) leave at most two origins",
    "ssb/imdi_utdanningsnivaa_2020_alle.latin1.csv": "residents with upper secondary school",
    "ssb/09429_utdanningsnivaa_fylker_2020.latin1.csv": "not measurable: one year",
    "ssb/13563_andel_utenfor_fylke_alder_2024.csv": "not measurable: one year",
    "ssb/v2_data_03024_laks_nor.json": "not measured: 48 weeks of salmon, recorded for its form",
    "nav/arbeidssokere_yrke_2002_2017.csv": "job seekers, one series per code system",
    "nav/arbeidssokere_yrke_fields.csv": "no figures: tells the columns of the file above",
    "nav/helt_ledige_fylke_2010_2024.csv": "fully unemployed by county",
    "nav/HL060_helt_ledige_fylke_kommune_2022-10.xlsx": "not measurable: ten months",
    "nav/soekere_stillinger_yrkespraksis_fylker_2025-06_2026-01.csv": "not measurable: eight "
    "months, and no month twice",
    "nav/nav_ledighet_stillinger_fylker_2025-10.xlsx": "not measurable: one month",
    "nav/bedriftsundersokelsen_2017_mangel_yrke_fylke.csv": "not measurable: one year",
    "nav/bedriftsundersokelsen_2017_mangel_yrke_fylke.original.csv": "the same file as delivered",
    "udir/slutta_vgo_skoler_2011-12_2020-21.utf16le.csv": "share of pupils who left, per school",
    "udir/vgo_trondelag_2023_2026_excerpt.json": "pupils (three counts: one year ahead alone). "
    "Applicants by programme, running contracts and completion have two years: no outcome of a "
    "step is known. Placement has three Decembers, the last perhaps after a break",
    "udir/uss_data_GSI_202410_trondelag.json": "not measurable: one year",
    "udir/uss_rapportside_GSK_Elev_Skol.json": "no figures: a page's description",
    "vilbli/inntakspoeng_trondelag_2025.csv": "not measurable: one year",
    "klass/": "no figures: codes",
    "grep/": "no figures: codes",
    "nsr/": "no figures: schools",
    "dbh/": "no figures: requests; their answers are not recorded",
}


def told_of(file: str) -> str | None:
    """What the inventory says of a recorded file; None where it does not know it."""
    return FILES.get(file) or FILES.get(f"{file.split('/')[0]}/")


def gates(tested: Sequence[Rolled], real: Path) -> list[str]:
    """One row per real series: what is used, errors against the gates, intervals and classes.

    The official projection's editions come last: points of somebody else's, no interval to judge.
    """
    limits = tested[0].standards.gates
    head = ["series", "used", *(f"{h} y (≤ {limit:g})" for h, limit in limits.items())]
    head += ["80 %: other years", "80 %: past alone", "class given", "right"]
    lines = []
    for one in tested:
        at = {row["horizon"]: row for row in one.used.iter_rows(named=True)}
        lines.append(
            [
                one.title,
                str(one.choice["used"]),
                *(_gate(at.get(horizon)) for horizon in limits),
                *(_covered(one, scheme) for scheme in SCHEMES),
                *_classes(one),
            ]
        )
    pairs = measured.editions(real)["pairs"].filter(pl.col("series") == "16-19")
    found = gated(measures.table(pairs, ("horizon",)), tested[0].standards)
    at = {row["horizon"]: row for row in found.iter_rows(named=True)}
    title = "Persons 16–19, Telemark, as the editions of 2005–2018 foresaw them"
    absent = ["points: no interval", "points: no interval", "points: no class", "·"]
    lines.append([title, measured.OFFICIAL, *(_gate(at.get(h)) for h in limits), *absent])
    return rows(head, lines)


def _gate(row: dict[str, object] | None) -> str:
    if row is None:
        return "not measurable"
    verdict = "holds" if row["holds"] else "**no**"
    return f"{cell(row['mape'], 2)} ({cell(row['bias'], 2)}) {verdict}"


def _covered(one: Rolled, scheme: by_year.Scheme) -> str:
    row = one.coverage(scheme).row(0, named=True)
    if not row["n"]:
        return "not measurable"
    pairs = one.scaled(scheme, one.standards.nominal_years)
    years = pairs.filter(measures.inside80().is_not_null())["origin"].n_unique()
    verdict = "holds" if row["accepted"] else "**no**"
    told = f"{cell(row['coverage'])} of {row['n']}{'' if row['strict'] else '*'}"
    return f"{told} ({years} {'origin' if years == 1 else 'origins'}) {verdict}"


def _classes(one: Rolled) -> tuple[str, str]:
    told = classes.summary(one.announced.with_columns(s=pl.lit("")), one.standards.change, ("s",))
    if told.is_empty():
        return "not measurable", "·"
    row = told.row(0, named=True)
    right = "·"
    if row["right"] is not None:
        right = f"{cell(row['right'])} ({cell(row['right_low'])}–{cell(row['right_high'])})"
    return f"{cell(row['given'])} of {row['n']}", right


def inventory(real: Path) -> list[str]:
    """Every recorded file, and what it is worth here."""
    found = sorted(str(p.relative_to(real)) for p in real.rglob("*") if p.is_file())
    named = [key for key in FILES if key.endswith("/") or key in found]
    return rows(["recorded file", "measured as, or why not"], [[f"`{k}`", FILES[k]] for k in named])


def confirmed(real: Path) -> dict[str, int]:
    """How many of the carried-over figures of Telemark another file tells, and how many differ.

    Returns:
        `cells` carried over; `recorded` of them in a recorded edition's base year and
        `recorded_differ`; `sums` of a band over the county that a carried-over edition starts from,
        `summed` cells behind them and `sums_differ`.
    """
    key = ["series", "unit", "period"]
    carried = series.telemark_registered()
    cells = carried.filter(pl.col("unit") != "Telemark")
    bases = pl.concat(
        series.recorded_projection(real, year).filter(pl.col("period") == year)
        for year in (2024, 2026)
    )
    both = cells.join(bases.select(*key, pl.col("value").alias("other")), on=key)
    editions = series.telemark_editions()
    starts = editions.filter(pl.col("known_from").dt.year() == pl.col("period"))
    sums = carried.join(starts.select(*key, pl.col("value").alias("other")), on=key)
    behind = cells.join(sums.select("series", "period"), on=["series", "period"], how="semi")

    def differing(frame: pl.DataFrame) -> int:
        return frame.filter(pl.col("value") != pl.col("other")).height

    return {
        "cells": cells.height,
        "recorded": both.height,
        "recorded_differ": differing(both),
        "sums": sums.height,
        "summed": behind.height,
        "sums_differ": differing(sums),
    }


def carried_over(real: Path) -> list[str]:
    """What of the carried-over figures another file confirms, in a paragraph."""
    found = confirmed(real)
    return [
        f"Of the {found['cells']} carried-over figures of Telemark (`data/track_record`), "
        f"{found['recorded']} are in a recorded file too, the base years of the editions of 2024 "
        f"and 2026: {found['recorded_differ']} differ. {found['summed']} more are behind "
        f"{found['sums']} sums that the editions of 2005 to 2018 start from: "
        f"{found['sums_differ']} differ. No recorded file tells the others.",
        "",
    ]


def since(one: Rolled, year: int) -> list[dict[str, object]]:
    """The model before a year and from it on: bias, and coverage on the past alone.

    Returns:
        Two rows, by period of the outcome: `bias` in per cent, `coverage` and `n`.
    """
    late = (pl.col("period") >= year).alias("late")
    missed = measures.table(one.own.with_columns(late), ("late",)).select("late", "bias")
    pairs = one.scaled("past", one.standards.nominal_years).with_columns(late)
    covered = conformal.accepted(pairs, one.standards.coverage, ("late",))
    return missed.join(covered, on="late").sort("late").to_dicts()
