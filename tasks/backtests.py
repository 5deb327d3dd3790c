"""Backtests of a home's stored vintages, on the published night.

What comes of it is kept by `tasks/track_record.py`; the nights after it make a table of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from tasks import run_inputs, runs, track_record, vintages, warehouse
from tasks.errors import NotFound, TilbudsplanError
from tasks.forecast.evaluation import origins, record
from tasks.forecast.evaluation.benchmarks import LAST_VALUE, Benchmark, benchmarks
from tasks.forecast.evaluation.frames import BITEMPORAL, Forecaster
from tasks.forecast.evaluation.models import AGES, Ageing, BestOfPast, DampedTrend, WithErrors
from tasks.forecast.evaluation.pupils import PupilFlow
from tasks.forecast.evaluation.standards import Standards
from tasks.forecast.types import Rules
from tasks.rules import read_rules, read_standards
from tasks.settings import Project, Settings

# Steps in the mean change of a damped trend, as in the benchmarks that it is held against.
_TREND_YEARS = 5
OFFICIAL = "SSBs framskriving"


@dataclass(frozen=True)
class Series:
    """One series to roll the origin of.

    Attributes:
        name: What it is called in the track record.
        frame: Bitemporal, with the series beside it that its model looks at.
        model: Its model.
        least: Periods before an origin.
        horizons: Periods ahead.
        constructed: Whether any figure of it is.
        others: Name for a series beside it → its series.
        official: Editions of the official projection, bitemporal, as one more forecaster.
    """

    name: str
    frame: pl.DataFrame
    model: Forecaster
    least: int
    horizons: tuple[int, ...]
    constructed: bool
    others: dict[str, str]
    official: pl.DataFrame | None = None


@dataclass(frozen=True)
class Backtest:
    """What a backtest gave.

    Attributes:
        figures_as_of: Oslo date of the published night.
        rows: `record.RECORD`.
        scaling: `record.SCALING`: what intervals are to be stretched by.
        absent: Series that could not be tested, and why.
        left_out: Vintages that can no longer be read, by date.
        file: Where the rows are kept.
    """

    figures_as_of: date
    rows: pl.DataFrame
    scaling: pl.DataFrame
    absent: dict[str, str]
    left_out: dict[date, str]
    file: Path


@dataclass(frozen=True)
class _Home:
    """What every series is made of; a table of vintages is made once."""

    settings: Settings
    project: Project
    rules: Rules
    standards: Standards
    made: dict[str, vintages.Vintages] = field(default_factory=dict)

    def table(self, name: str, datasets: Sequence[str]) -> pl.DataFrame:
        """Rows of a table's vintages, with `known_from`."""
        if name not in self.made:
            self.made[name] = vintages.of_table(self.settings, name, datasets, self.project)
        return self.made[name].rows

    @property
    def left_out(self) -> dict[date, str]:
        """Vintages that could not be read, of all tables asked for."""
        return {day: why for one in self.made.values() for day, why in one.left_out.items()}


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
    folder = project.reference / "rules"
    home = _Home(settings, project, read_rules(folder), read_standards(folder))
    with warehouse.connect_internal(settings.rooms) as con:
        ((as_of,),) = con.execute("select as_of from audit.night").fetchall()
    absent: dict[str, str] = {}
    parts, scaling = [], []
    for name, make in _SERIES.items():
        try:
            one = make(home)
            rows, factors = _tested(one, home.standards)
        except TilbudsplanError as error:
            absent[name] = str(error)
            continue
        if rows.is_empty():
            absent[name] = "for få perioder til at noe utfall er kjent ennå"
        parts.append(rows)
        scaling.append(factors)
    found = pl.concat(parts) if parts else pl.DataFrame(schema=record.RECORD)
    factors = pl.concat(scaling) if scaling else pl.DataFrame(schema=record.SCALING)
    manifest = {
        "figures_as_of": as_of.isoformat(),
        "created_at": now().isoformat(),
        "code": runs.code_version(),
        "rules": asdict(home.rules),
        "standards": asdict(home.standards),
        "absent": absent,
        "left_out": {day.isoformat(): why for day, why in sorted(home.left_out.items())},
    }
    file = track_record.keep(settings.rooms, as_of, found, factors, manifest)
    return Backtest(as_of, found, factors, absent, home.left_out, file)


def _tested(one: Series, standards: Standards) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of the track record, and factors for the model's intervals."""
    name = one.name
    units = one.frame.filter(pl.col("series") == name).get_column("unit").n_unique()
    rivals: list[Forecaster] = [one.model, *benchmarks(units)]
    pairs = origins.rolling(
        one.frame, name, rivals, horizons=one.horizons, others=one.others, least=one.least
    )
    rows = record.rows(pairs, one.model.name, standards, constructed=one.constructed)
    return _with_official(one, rows, standards), record.scaling(pairs, one.model.name, standards)


def _with_official(one: Series, rows: pl.DataFrame, standards: Standards) -> pl.DataFrame:
    if one.official is None:
        return rows
    official = origins.of_editions(one.official, one.frame, one.name, OFFICIAL).filter(
        pl.col("horizon").is_in(one.horizons)
    )
    shown = record.rows(official, OFFICIAL, standards, constructed=one.constructed)
    # What the run goes by is the projection; it has no rival that is chosen in its place.
    return pl.concat([rows, shown.with_columns(pl.lit(OFFICIAL).alias("used"))])


def bitemporal(
    frame: pl.DataFrame, series: str, unit: str, period: str, value: str
) -> pl.DataFrame:
    """Sums of a mart's vintages per unit and period, as `BITEMPORAL`.

    Args:
        frame: Rows with `known_from`.
        series: What the series is called.
        unit: Column of the units.
        period: Column of the periods (years).
        value: Column to sum.
    """
    return (
        frame.group_by(pl.col(unit).alias("unit"), pl.col(period).alias("period"), "known_from")
        .agg(pl.col(value).sum().alias("value"))
        .with_columns(pl.lit(series).alias("series"))
        .select(pl.col(name).cast(kind) for name, kind in BITEMPORAL.items())
        .sort("series", "unit", "period", "known_from")
    )


def _constructed(frame: pl.DataFrame) -> bool:
    return bool(frame.get_column("constructed").any())


def _drift(standards: Standards, least: int) -> WithErrors:
    last = Benchmark(LAST_VALUE)
    trends = (DampedTrend(phi, _TREND_YEARS) for phi in standards.damping if phi > 0)
    return WithErrors(BestOfPast((last, *trends), least), least, standards.size_bounds)


def _cohort(county: bool) -> Callable[[_Home], Series]:
    """Persons of the cohort's ages, the county in one or by municipality."""

    def make(home: _Home) -> Series:
        table = "mart.cohort_by_municipality_year"
        found = home.table(table, ("ssb_population", "ssb_projection"))
        rules = home.rules
        first, last = rules.cohort_ages
        name = f"Personer {first}–{last} år {'i fylket' if county else 'per kommune'}"
        rows = found.filter(pl.col("alternative") == "main", pl.col("age") <= last)
        rows = rows.with_columns(
            pl.lit(home.settings.county).alias("unit") if county
            else pl.col("municipality_code").alias("unit")
        )  # fmt: skip
        counted = rows.filter(pl.col("basis") == "registered")
        by_age = counted.with_columns(
            (pl.col("unit") + "|" + pl.col("age").cast(pl.String)).alias("cell")
        )
        frame = pl.concat(
            [
                bitemporal(counted.filter(pl.col("age") >= first), name, "unit", "year", "persons"),
                bitemporal(by_age, AGES, "cell", "year", "persons"),
            ]
        )
        projected = rows.filter(pl.col("basis") == "projected", pl.col("age") >= first)
        least = rules.mean_years + 2
        point = Ageing(first, last, rules.mean_years, rules.kappa)
        return Series(
            name,
            frame,
            WithErrors(point, least, home.standards.size_bounds),
            least,
            origins.HORIZONS,
            _constructed(counted),
            {AGES: AGES},
            bitemporal(projected, name, "unit", "year", "persons"),
        )

    return make


def _pupils(home: _Home) -> Series:
    """Pupils per programme, by the student flow on the published night's figures."""
    from tasks.forecast import panel

    rooms = home.settings.rooms
    with warehouse.connect_internal(rooms) as con:
        ((as_of,),) = con.execute("select as_of from audit.night").fetchall()
    frames = run_inputs.read(rooms, as_of)
    counted = panel.build(frames)
    sums = counted.pupils.sum(axis=2)
    frame = pl.DataFrame(
        [
            {"unit": area_programme, "period": year, "value": float(sums[t, a])}
            for t, year in enumerate(counted.years)
            for a, area_programme in enumerate(counted.programme)
        ]
    ).with_columns(pl.lit(as_of).alias("known_from"))
    name = "Elever per utdanningsprogram"
    return Series(
        name,
        bitemporal(frame, name, "unit", "period", "value"),
        PupilFlow(counted, home.rules, home.settings.county),
        2,
        (1,),
        any(_constructed(frames[part]) for part in ("cohort", "pupils")),
        {},
    )


def _of_mart(
    name: str,
    table: str,
    datasets: Sequence[str],
    columns: tuple[str, str, str],
    where: Callable[[Settings], pl.Expr],
) -> Callable[[_Home], Series]:
    """A series that has no model of its own yet: it drifts."""

    def make(home: _Home) -> Series:
        found = home.table(table, datasets)
        rows = found.filter(where(home.settings)).drop_nulls(columns[2])
        if rows.is_empty():
            raise NotFound(
                subject=name,
                expected=f"rader i {table}",
                got="ingen",
                remedy="kjør «tilbudsplan ingest» og se «tilbudsplan status»",
            )
        frame = bitemporal(rows, name, *columns)
        return Series(
            name, frame, _drift(home.standards, 2), 2, origins.HORIZONS, _constructed(rows), {}
        )

    return make


_SERIES: dict[str, Callable[[_Home], Series]] = {
    "Personer i fylket": _cohort(county=True),
    "Personer per kommune": _cohort(county=False),
    "Elever per utdanningsprogram": _pupils,
    "Elever per skole": _of_mart(
        "Elever per skole",
        "mart.pupils_by_school_year",
        ("udir_pupils",),
        ("organisation_number", "school_year_start", "pupils"),
        lambda _: pl.lit(True),
    ),
    "Søkere per utdanningsprogram": _of_mart(
        "Søkere per utdanningsprogram",
        "mart.applicants_by_county_programme",
        ("udir_applicants",),
        ("programme_code", "year", "applicants"),
        lambda settings: (
            (pl.col("county_code") == settings.county)
            & (pl.col("applicant_type") == "all")
            & (pl.col("programme_code") != record.ALL)
        ),
    ),
}
