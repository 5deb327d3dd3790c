"""Rolling-origin backtests: the track record, the model error, and when to fall back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tasks.forecast.panel import ELSEWHERE, Frames, Panel
from tasks.forecast.record import (
    AGEING,
    COHORT_GROWTH,
    COLUMNS,
    FLOW,
    LAST_VALUE,
    PER_PUPIL,
    PROJECTION,
    TREND,
    Z80,
    Record,
    constructed,
    coverage,
    row,
)
from tasks.forecast.simulate import Errors, simulate
from tasks.forecast.summary import ALL, aggregate
from tasks.forecast.types import Float, Rules

DRAWS = 100
LONGEST = 6
TREND_YEARS = 5


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
    sigma_cohort = _cohorts(panel, frames, rules, rows)
    base = Errors(cohort=sigma_cohort, pupils=0.0, applicants=0.0)
    pupils, spread = _pupils(panel, rules, base, county, seed)
    hold, sigma_pupils = 0, 0.0
    if pupils is not None:
        hold = int(not pupils.wins)
        sigma_pupils, covered = _pupil_error(pupils, spread)
        rows.append(
            row(
                pupils,
                series="Elever per utdanningsprogram",
                model=FLOW,
                used=FLOW if pupils.wins else LAST_VALUE,
                horizon=1,
                covered=covered,
                constructed=constructed(frames, "cohort", "pupils"),
            )
        )
    rows += _schools(panel, frames, rules)
    errors = replace(base, pupils=sigma_pupils, hold_years=hold)
    ratio, sigma_applicants, tested = _applicants(panel, frames, rules, errors, (county, seed))
    rows += tested
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


def _cohorts(panel: Panel, frames: Frames, rules: Rules, rows: list[dict[str, object]]) -> float:
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
            rows.append(
                row(
                    record,
                    series=f"Personer {first}–{last} år i fylket",
                    model=name,
                    used=PROJECTION,
                    horizon=horizon,
                    covered=coverage(record.log_errors / np.sqrt(horizon)),
                    constructed=constructed(frames, "cohort"),
                )
            )
    return _per_root_year(tests)


def _per_root_year(tests: dict[int, Record]) -> float:
    if not tests:
        return 0.0
    scaled = [record.log_errors / np.sqrt(horizon) for horizon, record in tests.items()]
    return float(np.sqrt(np.mean(np.concatenate(scaled) ** 2)))


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
    return [
        row(
            record,
            series="Elever per skole",
            model=COHORT_GROWTH,
            # A run has no figures per school yet: the test is shown, and nothing rests on it.
            used=None,
            horizon=1,
            covered=coverage(record.log_errors),
            constructed=constructed(frames, "cohort", "schools"),
        )
    ]


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
    tested = row(
        record,
        series="Søkere per utdanningsprogram",
        model=PER_PUPIL,
        used=PER_PUPIL if record.wins else LAST_VALUE,
        horizon=1,
        covered=coverage(record.log_errors),
        constructed=constructed(frames, "cohort", "pupils", "applicants"),
    )
    return ratio, sigma, [tested]


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
