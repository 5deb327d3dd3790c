"""Shortage today: the survey of enterprises, and vacancies per job seeker."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import polars as pl

from tasks.errors import NotFound
from tasks.forecast import streams
from tasks.forecast.labour.frames import Frames
from tasks.forecast.labour.staffing import code_employed
from tasks.forecast.labour.types import LabourData, LabourRules
from tasks.forecast.streams import Block
from tasks.forecast.types import Array, Float

# A share below this has no logarithm worth having; persons.
LEAST = 1.0


def log_spread(estimate: float, low: float | None, high: float | None, interval: float) -> float:
    """Standard deviation of the log of a survey estimate from its own interval.

    The interval is taken as one of a log-normal: half its width in logs over the normal quantile.

    Args:
        estimate: Persons.
        low: Lower end; None where none is published.
        high: Upper end.
        interval: Coverage of the interval.

    Returns:
        The standard deviation; NaN without an interval, which says nothing of how sure it is.
    """
    if low is None or high is None:
        return float("nan")
    z = NormalDist().inv_cdf(0.5 + interval / 2)
    low, high = max(low, LEAST), max(high, low, LEAST)
    return float(np.log(high / low) / (2 * z)) if estimate > 0 else 0.0


def group_spread(total: float, groups: Float, total_spread: float) -> Float:
    """Spread of each group's estimate, which is published without an interval.

    A sample's relative error falls with the square root of the persons found, as for counts:
    σ_g = σ · √(S / S_g). It leaves out the design of the sample, which is not published by group.
    """
    spread: Float = total_spread * np.sqrt(np.maximum(total, LEAST) / np.maximum(groups, LEAST))
    return spread


def rate(shortage: Array | Float, employed: Array | Float) -> Float:
    """Shortage ÷ (employed + shortage): of all the jobs that could be filled, the share empty."""
    jobs = np.asarray(employed, np.float64) + shortage
    return np.divide(shortage, jobs, out=np.where(np.isnan(jobs), np.nan, 0.0), where=jobs > 0)


def group_of_code(code: str, rules: LabourRules) -> str | None:
    """The survey's occupation group of a STYRK-08 code: the longest prefix counts."""
    found = [
        (len(prefix), group)
        for group, prefixes in rules.nav_groups.items()
        for prefix in prefixes
        if code.startswith(prefix)
    ]
    return max(found)[1] if found else None


def group_shares(data: LabourData, rules: LabourRules) -> dict[str, Float]:
    """Share of each occupation that belongs to each of the survey's groups, `[occupation]`.

    Groups go by codes of four digits; an occupation of three may lie in several, by who works where
    in the county.
    """
    people = np.maximum(code_employed(data), 1e-9)
    total = data.to_occupations(people)
    of = [group_of_code(code, rules) for code in data.codes]
    return {
        group: data.to_occupations(people * np.array([g == group for g in of])) / total
        for group in rules.nav_groups
    }


def employed_by_group(data: LabourData, rules: LabourRules, employed: Float) -> dict[str, float]:
    """Persons employed in the county by the survey's occupation groups."""
    persons = employed.sum(axis=1)
    return {g: float(share @ persons) for g, share in group_shares(data, rules).items()}


def now_cast(
    frames: Frames,
    data: LabourData,
    rules: LabourRules,
    employed: Float,
    key: tuple[int, str, int],
) -> pl.DataFrame:
    """Shortage today by occupation group, with its interval; the county's total is `*`.

    Args:
        frames: `enterprise_survey_by_county`, `enterprise_survey_by_occupation_group`, and
            `labour_market_by_county_occupation_month` where it is there.
        data: Gives the occupations.
        rules: Give the groups and the coverage of the survey's interval.
        employed: `[occupation, region]` persons.
        key: Seed, county, number of draws.

    Returns:
        One row a group: `occupation_group`, `year`, `shortage`, `shortage_p10`, `shortage_p90`
        (persons), `employed` (persons), `rate_p10`, `rate_p50`, `rate_p90` (shares), `unemployed`,
        `shortage_per_unemployed`, `vacancies_per_job_seeker`, `confidence`. Null where a source is
        silent, or has closed the figure.

    Raises:
        NotFound: The survey has no figure for the county.
    """
    _, county, _ = key
    total = _newest(frames.get("enterprise_survey_by_county"), county)
    if total.is_empty():
        raise NotFound(
            subject="mangel på arbeidskraft i dag",
            expected=f"en rad for fylke {county} i enterprise_survey_by_county",
            got="ingen",
            remedy="last inn NAVs bedriftsundersøkelse (docs/data.md)",
        )
    whole = total.row(0, named=True)
    groups = _newest(frames.get("enterprise_survey_by_occupation_group"), county)
    names, years = ["*"], [whole["year"]]
    persons: list[int | None] = [whole["shortage_persons"]]
    unemployed: list[int | None] = [None]
    if len(groups):
        groups = groups.sort("occupation_group")
        names += groups.get_column("occupation_group").to_list()
        years += groups.get_column("year").to_list()
        persons += groups.get_column("shortage_persons").to_list()
        unemployed += groups.get_column("unemployed_persons").to_list()
    by_group = employed_by_group(data, rules, employed)
    base = np.array([float(employed.sum()), *(by_group.get(n, np.nan) for n in names[1:])])
    drawn = _draws(whole, np.array(persons, np.float64), rules, key)
    people, rates = (np.quantile(d, (0.1, 0.5, 0.9), axis=0) for d in (drawn, rate(drawn, base)))
    per = [s / u if u and s is not None else None for s, u in zip(persons, unemployed, strict=True)]
    return pl.DataFrame(
        {
            "occupation_group": names,
            "year": years,
            "shortage": persons,
            "shortage_p10": people[0],
            "shortage_p90": people[2],
            "employed": base,
            "rate_p10": rates[0],
            "rate_p50": rates[1],
            "rate_p90": rates[2],
            "unemployed": unemployed,
            "shortage_per_unemployed": per,
            "vacancies_per_job_seeker": _vacancies(frames, county, names),
            "confidence": ["published", *[rules.nav_confidence] * (len(names) - 1)],
        },
        schema_overrides={
            "year": pl.Int64,
            "shortage": pl.Int64,
            "unemployed": pl.Int64,
            "shortage_per_unemployed": pl.Float64,
            "vacancies_per_job_seeker": pl.Float64,
        },
        strict=False,
    ).with_columns(pl.col(pl.Float64).fill_nan(None))


def by_occupation(frames: Frames, data: LabourData, employed: Float, county: str) -> pl.DataFrame:
    """The only survey that was published by occupation (2017), as shares of those who work now.

    Returns:
        One row an occupation of three digits: `occupation_code`, `year`, `shortage` (persons),
        `rate` (share). Empty where the table is not there. An old figure: what occupations were
        short of people then, not how short they are now.
    """
    schema = {
        "occupation_code": pl.String,
        "year": pl.Int64,
        "shortage": pl.Int64,
        "rate": pl.Float64,
    }
    newest = _newest(frames.get("labour_shortage_by_county_occupation"), county)
    if newest.is_empty():
        return pl.DataFrame(schema=schema)
    now = pl.DataFrame(
        {"occupation_code": list(data.occupations), "employed": employed.sum(axis=1)}
    )
    jobs = pl.col("employed") + pl.col("shortage")
    return (
        newest.group_by(pl.col("occupation_code").str.head(3), "year")
        .agg(pl.col("shortage_persons").sum().alias("shortage"))
        .join(now, on="occupation_code")
        .sort("occupation_code")
        .select(
            "occupation_code",
            pl.col("year").cast(pl.Int64),
            pl.col("shortage").cast(pl.Int64),
            pl.when(jobs > 0).then(pl.col("shortage") / jobs).alias("rate"),
        )
    )


def _newest(frame: pl.DataFrame | None, county: str) -> pl.DataFrame:
    """The rows of a county's newest year with a figure; none where the frame is not there."""
    if frame is None or frame.is_empty():
        return pl.DataFrame()
    mine = frame.filter(pl.col("area_code") == county)
    told = pl.col("year").filter(pl.col("shortage_persons").is_not_null()).max()
    return mine.filter(pl.col("year") == told) if len(mine) else mine


def _draws(
    whole: dict[str, float], persons: Float, rules: LabourRules, key: tuple[int, str, int]
) -> Float:
    """Drawn persons `[draw, group]`, mean the estimate, the county's total first."""
    seed, county, draws = key
    sigma = log_spread(
        whole["shortage_persons"],
        whole["shortage_low"],
        whole["shortage_high"],
        rules.survey_interval,
    )
    spread = np.concatenate([[sigma], group_spread(persons[0], persons[1:], sigma)])
    z = streams.normals(seed, county, range(draws), Block.SHORTAGE, (len(persons),))
    drawn: Float = persons * np.exp(spread * z - spread**2 / 2)
    return drawn


def _vacancies(frames: Frames, county: str, names: list[str]) -> list[float | None]:
    """Vacancies per job seeker over the newest twelve months, by group and in all."""
    frame = frames.get("labour_market_by_county_occupation_month")
    if frame is None or frame.is_empty():
        return [None] * len(names)
    last = pl.col("month").max().dt.offset_by("-1y")
    mine = frame.filter(pl.col("area_code") == county).filter(pl.col("month") > last)
    both = pl.col("vacancies").is_not_null() & pl.col("job_seekers").is_not_null()
    sums = (
        mine.filter(both)
        .group_by("occupation_group")
        .agg(pl.col("vacancies").sum(), pl.col("job_seekers").sum())
    )
    told = {
        g: (v, s)
        for g, v, s in sums.select("occupation_group", "vacancies", "job_seekers").iter_rows()
    }
    told["*"] = (sum(v for v, _ in told.values()), sum(s for _, s in told.values()))
    return [told[n][0] / told[n][1] if n in told and told[n][1] else None for n in names]
