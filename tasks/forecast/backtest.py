"""Rolling-origin backtests: the track record, the model error, and when to fall back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tasks.forecast.panel import ELSEWHERE, Frames, Panel
from tasks.forecast.simulate import Errors, simulate
from tasks.forecast.summary import ALL, aggregate
from tasks.forecast.types import Float, Rules

# An 80 per cent interval of a normal lies this many standard deviations from the middle.
Z80 = 1.2815515655446004
LAST_VALUE = "siste verdi"
AGEING = "aldersframskriving"
TREND = "lineær trend"
FLOW = "elevstrøm"
COHORT_GROWTH = "elever som følger kullet"
PER_PUPIL = "søkere per elev"
PROJECTION = "SSBs framskriving"
DRAWS = 100
LONGEST = 6
TREND_YEARS = 5

COLUMNS = {
    "series": pl.String,
    "model": pl.String,
    "benchmark": pl.String,
    "used": pl.String,
    "horizon": pl.Int64,
    "n": pl.Int64,
    "mape": pl.Float64,
    "benchmark_mape": pl.Float64,
    "bias": pl.Float64,
    "coverage80": pl.Float64,
}


@dataclass(frozen=True)
class Record:
    """Pairs of forecast and outcome of one model, its benchmark's forecasts beside.

    Attributes:
        actual: Outcomes (persons).
        model: The model's forecasts.
        benchmark: The benchmark's forecasts.
    """

    actual: Float
    model: Float
    benchmark: Float

    @property
    def mape(self) -> float:
        """Absolute errors over the sum of outcomes, in per cent (size-weighted MAPE)."""
        return _mape(self.model, self.actual)

    @property
    def benchmark_mape(self) -> float:
        """The benchmark's, in per cent."""
        return _mape(self.benchmark, self.actual)

    @property
    def bias(self) -> float:
        """Sum of errors over the sum of outcomes, in per cent; above 0 is too high a forecast."""
        return 100 * float((self.model - self.actual).sum() / self.actual.sum())

    @property
    def wins(self) -> bool:
        """The model's error is smaller than the benchmark's."""
        return self.mape < self.benchmark_mape

    @property
    def log_errors(self) -> Float:
        """Log of forecast over outcome."""
        errors: Float = np.log(np.maximum(self.model, 0.5) / np.maximum(self.actual, 0.5))
        return errors


def _mape(forecast: Float, actual: Float) -> float:
    return 100 * float(np.abs(forecast - actual).sum() / actual.sum())


@dataclass(frozen=True)
class TrackRecord:
    """All backtests of a run.

    Attributes:
        rows: Table `track_record`.
        errors: Model error that the forecast adds, and years held at the last value.
        ratio: Applicants per pupil `[programme]` as the forecast uses it.
    """

    rows: pl.DataFrame
    errors: Errors
    ratio: Float


def run(panel: Panel, frames: Frames, rules: Rules, county: str, seed: int) -> TrackRecord:
    """Backtest cohort, pupils and applicants, and settle what the forecast uses."""
    rows: list[dict[str, object]] = []
    sigma_cohort = _cohorts(panel, rules, rows)
    base = Errors(cohort=sigma_cohort, pupils=0.0, applicants=0.0)
    pupils, spread = _pupils(panel, rules, base, county, seed)
    hold, sigma_pupils = 0, 0.0
    if pupils is not None:
        hold = int(not pupils.wins)
        sigma_pupils, coverage = _pupil_error(pupils, spread)
        used = FLOW if pupils.wins else LAST_VALUE
        rows.append(
            _row("Elever per utdanningsprogram", FLOW, LAST_VALUE, used, 1, pupils, coverage)
        )
    rows += _schools(panel, frames, rules)
    errors = replace(base, pupils=sigma_pupils, hold_years=hold)
    ratio, sigma_applicants, row = _applicants(panel, frames, rules, errors, (county, seed))
    rows += row
    return TrackRecord(
        pl.DataFrame(rows, schema=COLUMNS), replace(errors, applicants=sigma_applicants), ratio
    )


def ageing(counts: Float, ages: tuple[int, ...], first: int, last: int, horizon: int) -> float:
    """Cohort `horizon` years after the last column: the younger, aged by the mean last ratios.

    Each single-year ratio is the sum of persons aged a+1 over the sum of those aged a the year
    before, over the last three pairs of years (a carry-over ratio).

    Args:
        counts: `[age, year]` persons, the last year being the origin.
        ages: Ages of the first axis.
        first: First age of the cohort.
        last: Last age of the cohort.
        horizon: Years ahead.
    """
    total = 0.0
    for age in range(first, last + 1):
        start = ages.index(age - horizon)
        persons = counts[start, -1]
        for step in range(start, start + horizon):
            persons *= counts[step + 1, -3:].sum() / counts[step, -4:-1].sum()
        total += float(persons)
    return total


def trend(series: Float, horizon: int) -> float:
    """Straight line through the last five values, `horizon` years on."""
    recent = series[-TREND_YEARS:]
    slope, level = np.polyfit(np.arange(len(recent)), recent, 1)
    return float(level + slope * (len(recent) - 1 + horizon))


def _cohorts(panel: Panel, rules: Rules, rows: list[dict[str, object]]) -> float:
    """Backtest of the registered cohort; returns the log error per √year of ageing.

    The run uses the official projection, of which only one edition is at hand: it cannot be
    tested. The errors of plain ageing stand in for its error, which the document says.
    """
    first, last = rules.cohort_ages
    inside = np.array([bool(r) for r in panel.region])
    counted = [i for i, y in enumerate(panel.population_years) if y <= panel.registered]
    counts = panel.population[0][inside].sum(axis=0)[:, counted]
    band = [i for i, a in enumerate(panel.ages) if first <= a <= last]
    series = counts[band].sum(axis=0)
    # Below the school's ages move whole families: the ratio needs every age on the way.
    longest = min(LONGEST, first - panel.ages[0])
    tests: dict[int, Record] = {}
    for horizon in range(1, longest + 1):
        forecasts: dict[str, Callable[[int], float]] = {
            AGEING: lambda t, h=horizon: ageing(  # type: ignore[misc]
                counts[:, : t + 1], panel.ages, first, last, h
            ),
            TREND: lambda t, h=horizon: trend(series[: t + 1], h),  # type: ignore[misc]
        }
        origins = range(TREND_YEARS - 1, len(series) - horizon)
        if not len(origins):
            break
        actual = np.array([series[t + horizon] for t in origins])
        naive = np.array([series[t] for t in origins])
        for name, forecast in forecasts.items():
            record = Record(actual, np.array([forecast(t) for t in origins]), naive)
            if name == AGEING:
                tests[horizon] = record
            group = f"Personer {first}–{last} år i fylket"
            coverage = _coverage(record.log_errors / np.sqrt(horizon))
            rows.append(_row(group, name, LAST_VALUE, PROJECTION, horizon, record, coverage))
    return _per_root_year(tests)


def _per_root_year(tests: dict[int, Record]) -> float:
    if not tests:
        return 0.0
    scaled = [record.log_errors / np.sqrt(horizon) for horizon, record in tests.items()]
    return float(np.sqrt(np.mean(np.concatenate(scaled) ** 2)))


def _coverage(errors: Float) -> float | None:
    """Share inside an 80 per cent interval set from the other errors (leave one out), in per cent.

    None below five pairs: it would say nothing.
    """
    n = len(errors)
    if n < 5:
        return None
    others = np.sqrt((np.sum(errors**2) - errors**2) / (n - 1))
    return 100 * float((np.abs(errors) <= Z80 * others).mean())


def _pupils(
    panel: Panel, rules: Rules, base: Errors, county: str, seed: int
) -> tuple[Record | None, Float]:
    """One year ahead, per programme, from every origin that has a transition behind it.

    Returns the record, and the simulated relative variance of each forecast.
    """
    groups, everyone = panel.programme_groups(), np.ones((1, len(panel.homes)))
    parts: list[tuple[Float, Float, Float, Float]] = []
    for origin in range(1, len(panel.years) - 1):
        past = panel.until(panel.years[origin])
        drawn = simulate(
            past,
            rules,
            replace(base, hold_years=0),
            np.ones(len(groups)),
            county=county,
            seed=seed,
            draws=DRAWS,
            horizon=1,
        )
        sums = aggregate(drawn.progression, groups, everyone)[:, :, 0, 0].astype(np.float64)
        mean = sums.mean(axis=0)
        variance = sums.var(axis=0) / np.maximum(mean, 1) ** 2
        actual, last = (groups @ panel.pupils[t].sum(axis=1) for t in (origin + 1, origin))
        parts.append((actual, mean, last, variance))
    if not parts:
        return None, np.zeros(0)
    actual, mean, last, variance = (np.concatenate(column) for column in zip(*parts, strict=True))
    kept = actual > 0
    return Record(actual[kept], mean[kept], last[kept]), variance[kept]


def _pupil_error(record: Record, variance: Float) -> tuple[float, float | None]:
    """Model error that rates and chance do not explain, and leave-one-out coverage with it.

    Size-weighted mean of squared log errors less the simulated variance, at least 0.
    """
    weight = record.actual / record.actual.sum()
    excess = record.log_errors**2 - variance
    sigma = float(np.sqrt(max(0.0, float((weight * excess).sum()))))
    n = len(excess)
    if n < 5:
        return sigma, None
    others = ((weight * excess).sum() - weight * excess) / (1 - weight)
    width = Z80 * np.sqrt(variance + np.maximum(others, 0))
    return sigma, 100 * float((np.abs(record.log_errors) <= width).mean())


def _schools(panel: Panel, frames: Frames, rules: Rules) -> list[dict[str, object]]:
    """Pupils per school one year ahead: growing with the cohort, against the last value."""
    schools = frames["schools"].select("organisation_number", "school_year_start", "pupils")
    first, last = rules.cohort_ages
    band = [i for i, a in enumerate(panel.ages) if first <= a <= last]
    inside = np.array([h != ELSEWHERE for h in panel.homes])
    cohort = dict(
        zip(
            panel.population_years,
            panel.population[0][inside][:, band].sum(axis=(0, 1)),
            strict=True,
        )
    )
    growth = pl.col("school_year_start").replace_strict(
        list(cohort), [cohort.get(y + 1, v) / v for y, v in cohort.items()], default=None
    )
    pairs = (
        schools.with_columns(growth.cast(pl.Float64).alias("growth"))
        .join(
            schools.select(
                "organisation_number",
                pl.col("school_year_start") - 1,
                pl.col("pupils").alias("actual"),
            ),
            on=["organisation_number", "school_year_start"],
        )
        .drop_nulls()
        .filter(pl.col("actual") > 0, pl.col("pupils") > 0)
        .sort("organisation_number", "school_year_start")
    )
    if pairs.is_empty():
        return []
    now = pairs.get_column("pupils").to_numpy().astype(np.float64)
    model = now * pairs.get_column("growth").to_numpy()
    record = Record(pairs.get_column("actual").to_numpy().astype(np.float64), model, now)
    coverage = _coverage(record.log_errors)
    used = COHORT_GROWTH if record.wins else LAST_VALUE
    return [_row("Elever per skole", COHORT_GROWTH, LAST_VALUE, used, 1, record, coverage)]


def _applicants(
    panel: Panel, frames: Frames, rules: Rules, errors: Errors, key: tuple[str, int]
) -> tuple[Float, float, list[dict[str, object]]]:
    """Applicants per pupil, its spread, and the track record one year ahead.

    The published series is the county's, per programme. Ratio: mean over years with both applicants
    and pupils. Test: the newest applicants against expected pupils of that year times the ratio.
    Where the last value does better, the level is set from the newest applicants instead.
    """
    county, seed = key
    published = _published(panel, frames, county)
    groups = panel.programme_groups()
    pupils = {y: groups @ n.sum(axis=1) for y, n in zip(panel.years, panel.pupils, strict=True)}
    both = [y for y in published if y in pupils][-rules.mean_years :]
    if not both:
        return np.ones(len(groups)), 0.0, []
    ratio = _safe_ratio(sum(published[y] for y in both), sum(pupils[y] for y in both))
    ahead = panel.years[-1] + 1
    if ahead not in published:
        return ratio, 0.0, []
    drawn = simulate(
        panel, rules, errors, np.ones(len(groups)), county=county, seed=seed, draws=DRAWS, horizon=1
    )
    everyone = np.ones((1, len(panel.homes)))
    mean = aggregate(drawn.progression, groups, everyone).mean(axis=0, dtype=np.float64)[:, 0, 0]
    actual, last = published[ahead], published[both[-1]]
    kept = (actual > 0) & (last > 0) & (mean > 0)
    record = Record(actual[kept], (mean * ratio)[kept], last[kept])
    weight = record.actual / record.actual.sum()
    sigma = float(np.sqrt((weight * record.log_errors**2).sum()))
    if not record.wins:
        ratio = np.where(kept, _safe_ratio(actual, mean), ratio)
    used = PER_PUPIL if record.wins else LAST_VALUE
    series = "Søkere per utdanningsprogram"
    coverage = _coverage(record.log_errors)
    return ratio, sigma, [_row(series, PER_PUPIL, LAST_VALUE, used, 1, record, coverage)]


def _published(panel: Panel, frames: Frames, county: str) -> dict[int, Float]:
    """Applicants of all types by year, `[programme]`, years in order."""
    rows = frames["applicants"].filter(
        pl.col("county_code") == county,
        pl.col("applicant_type") == "all",
        pl.col("programme_code") != ALL,
    )
    found: dict[int, Float] = {}
    for (year,), part in rows.sort("year").group_by("year", maintain_order=True):
        counts = dict(part.select("programme_code", "applicants").iter_rows())
        found[int(str(year))] = np.array([float(counts.get(p) or 0) for p in panel.programmes])
    return found


def _safe_ratio(count: Float | int, base: Float | int) -> Float:
    top, bottom = np.asarray(count, np.float64), np.asarray(base, np.float64)
    # A programme without a published count has the ratio of all that have one.
    overall = top.sum() / max(float(bottom[top > 0].sum()), 1.0)
    return np.divide(top, bottom, out=np.full_like(top, overall), where=(bottom > 0) & (top > 0))


def _row(
    series: str,
    model: str,
    benchmark: str,
    used: str,
    horizon: int,
    record: Record,
    coverage: float | None,
) -> dict[str, object]:
    return {
        "series": series,
        "model": model,
        "benchmark": benchmark,
        "used": used,
        "horizon": horizon,
        "n": len(record.actual),
        "mape": record.mape,
        "benchmark_mape": record.benchmark_mape,
        "bias": record.bias,
        "coverage80": coverage,
    }
