"""Backtests of a home's stored vintages, on the published night.

What comes of it is kept by `tasks/track_record.py`; the nights after it make a table of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import polars as pl

from tasks import made_with, run_inputs, track_record, vintages, warehouse
from tasks.declared import read_declared
from tasks.errors import TilbudsplanError
from tasks.forecast.evaluation import record, series
from tasks.settings import Project, Settings


@dataclass(frozen=True)
class Backtest:
    """What a backtest gave.

    Attributes:
        figures_as_of: Oslo date of the published night.
        rows: `record.RECORD`.
        scaling: `record.SCALING`: what intervals are to be stretched by.
        class_hits: `record.CLASS_HITS`: how often classes of change came true.
        absent: Series that could not be tested, and why.
        left_out: Vintages that can no longer be read, by date.
        file: Where the rows are kept.
    """

    figures_as_of: date
    rows: pl.DataFrame
    scaling: pl.DataFrame
    class_hits: pl.DataFrame
    absent: dict[str, str]
    left_out: dict[date, str]
    file: Path


def _utc_now() -> datetime:
    return datetime.now(UTC)


def run(
    settings: Settings, project: Project | None = None, now: Callable[[], datetime] = _utc_now
) -> Backtest:
    """Roll the origin of every series over the home's stored vintages, and keep the result.

    Raises:
        NotFound: No night has been published.
        ConfigurationError: A rule file cannot be used.
    """
    project = project or Project()
    with warehouse.connect_internal(settings.rooms) as con:
        ((as_of,),) = con.execute("select as_of from audit.night").fetchall()
    declared = read_declared(project.reference / "rules")
    given = series.Given(run_inputs.read(settings.rooms, as_of), declared, settings.county)
    absent: dict[str, str] = {}
    left_out: dict[date, str] = {}
    parts, scaling, classes = [], [], []
    stored = cache(lambda table, datasets: vintages.of_table(settings, table, datasets, project))
    for name, source in series.SERIES.items():
        try:
            found = stored(source.table, source.datasets)
            left_out |= found.left_out
            result = series.tested(source.make(given, found.rows), given.standards)
        except TilbudsplanError as error:
            absent[name] = str(error)
            continue
        if result.rows.is_empty():
            absent[name] = "for få perioder til at noe utfall er kjent ennå"
        parts.append(result.rows)
        scaling.append(result.scaling)
        classes.append(result.class_hits)
    rows = pl.concat(parts) if parts else pl.DataFrame(schema=record.RECORD)
    factors = pl.concat(scaling) if scaling else pl.DataFrame(schema=record.SCALING)
    hits = pl.concat(classes) if classes else pl.DataFrame(schema=record.CLASS_HITS)
    manifest = {
        "figures_as_of": as_of.isoformat(),
        "created_at": now().isoformat(),
        "code": made_with.code_version(),
        "rules": asdict(declared),
        "absent": absent,
        "left_out": {day.isoformat(): why for day, why in sorted(left_out.items())},
    }
    file = track_record.keep(settings.rooms, as_of, rows, factors, hits, manifest)
    return Backtest(as_of, rows, factors, hits, absent, left_out, file)
