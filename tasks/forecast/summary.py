"""From draws to the tables that publication reads: sums over groups, then mean, p10 and p90."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from tasks.forecast import population
from tasks.forecast.panel import Frames, Panel
from tasks.forecast.types import Array, Float, Forecast, Rules

ALL = "*"
# Place of the official main alternative among main, low and high.
MAIN = 0
WHOLE_COUNTY = "Hele fylket"
PARTS = ("mean", "p10", "p90")
CHUNK = 25


def aggregate(quantity: Array, areas: Float, homes: Float, chunk: int = CHUNK) -> Array:
    """Sum draws over groups of areas and homes by matrix products, some draws at a time.

    Args:
        quantity: `[draw, area, home, year]` persons.
        areas: `[area group, area]` weights.
        homes: `[home group, home]` weights.
        chunk: Draws at a time; it does not change the answer.

    Returns:
        `[draw, area group, home group, year]` persons.
    """
    draws, A, M, Y = quantity.shape
    G, R = areas.astype(np.float32), homes.astype(np.float32)
    out = np.empty((draws, len(G), len(R), Y), np.float32)
    for start in range(0, draws, chunk):
        part = quantity[start : start + chunk]
        grouped = np.matmul(G, part.reshape(len(part), A, M * Y)).reshape(-1, len(G), M, Y)
        out[start : start + chunk] = np.matmul(R, grouped)
    return out


def describe(draws: Float | Array) -> tuple[Float, Float, Float]:
    """Mean, p10 and p90 over the first axis."""
    low, high = np.quantile(draws, (0.1, 0.9), axis=0)
    return draws.mean(axis=0, dtype=np.float64), low.astype(np.float64), high.astype(np.float64)


def region_groups(panel: Panel, county: str) -> tuple[tuple[str, ...], Float]:
    """Region codes with the county last, and 0/1 `[region, home]`."""
    everyone = np.ones((1, len(panel.homes)))
    return (*panel.regions, county), np.concatenate([panel.membership(), everyone])


def programme_groups(panel: Panel) -> tuple[tuple[str, ...], Float]:
    """Programme codes with `*` last, and 0/1 `[programme, area]`."""
    return (*panel.programmes, ALL), np.concatenate(
        [panel.programme_groups(), np.ones((1, len(panel.areas)))]
    )


def school_year(start: int) -> str:
    """`2027/28` of 2027."""
    return f"{start}/{(start + 1) % 100:02d}"


def grid(keys: dict[str, tuple[object, ...]], values: dict[str, Float]) -> pl.DataFrame:
    """A long frame of arrays on common axes: the keys' product, last key fastest."""
    columns: dict[str, object] = {}
    lengths = [len(k) for k in keys.values()]
    for place, (name, codes) in enumerate(keys.items()):
        inner = int(np.prod(lengths[place + 1 :], dtype=int))
        outer = int(np.prod(lengths[:place], dtype=int))
        position = np.tile(np.repeat(np.arange(len(codes)), inner), outer)
        columns[name] = pl.Series(name, list(codes)).gather(position)
    frame = pl.DataFrame(columns)
    return frame.with_columns(
        pl.Series(name, np.ascontiguousarray(value).ravel()) for name, value in values.items()
    )


def expected(panel: Panel, forecast: Forecast, frames: Frames, county: str) -> pl.DataFrame:
    """Table `expected`: pupils and applicants per programme, home region and school year.

    `applicants_now` is the newest published count; it exists for the county only and is null in
    the regions.
    """
    regions, homes = region_groups(panel, county)
    programmes, areas = programme_groups(panel)
    columns: dict[str, Float] = {}
    for name, quantity in (
        ("pupils", forecast.progression),
        ("applicants", forecast.applicants),
    ):
        parts = describe(aggregate(quantity, areas, homes))
        columns |= {f"{name}_{part}": v for part, v in zip(PARTS, parts, strict=True)}
    years = tuple(school_year(y) for y in forecast.axes.years)
    table = grid(
        {"programme_code": programmes, "region_code": regions, "school_year": years}, columns
    )
    now = grid(
        {"programme_code": programmes, "region_code": regions},
        {"pupils_now": areas @ panel.pupils[-1] @ homes.T},
    )
    applicants = newest_applicants(frames["applicants"], county)
    return (
        table.join(now, on=["programme_code", "region_code"], how="left", maintain_order="left")
        .join(applicants, on="programme_code", how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col("region_code") == county).then("applicants_now").alias("applicants_now")
        )
        .select(
            "programme_code",
            "region_code",
            "school_year",
            "pupils_now",
            *(f"pupils_{p}" for p in PARTS),
            "applicants_now",
            *(f"applicants_{p}" for p in PARTS),
        )
    )


def newest_applicants(frame: pl.DataFrame, county: str) -> pl.DataFrame:
    """Programme and `applicants_now` of the newest year, all types, `*` for the sum."""
    rows = frame.filter(pl.col("county_code") == county, pl.col("applicant_type") == "all")
    return rows.filter(pl.col("year") == pl.col("year").max().over("programme_code")).select(
        "programme_code", pl.col("applicants").cast(pl.Float64).alias("applicants_now")
    )


def periods(frames: Frames, county: str, on: date) -> dict[str, str]:
    """Newest period of the figures that a run stands on, by kind: a year or an ISO date.

    Args:
        frames: Marts of the run.
        county: County code.
        on: The day on which places must count; `places` is the newest start among those that do.
    """
    own = pl.col("county_code") == county
    cohort = frames["cohort"]
    placed = frames["placement"].filter(own, pl.col("percent").is_not_null())
    last = placed.select(pl.max_horizontal(pl.date("year", "month", 1)).max()).item()
    newest = {
        "population": cohort.filter(pl.col("basis") == "registered")["year"].max(),
        "projection": cohort["year"].max(),
        "pupils": school_year(int(frames["pupils"].select(pl.max("school_year_start")).item())),
        "applicants": frames["applicants"]
        .filter(own, pl.col("applicant_type") == "all")["year"]
        .max(),
        "places": frames["places"].filter(pl.col("valid_from") <= on)["valid_from"].max(),
        "contracts": frames["contracts"].filter(own)["year"].max(),
        "placement": last,
    }
    return {name: str(value) for name, value in newest.items()}


def cohort(
    panel: Panel,
    frames: Frames,
    rules: Rules,
    sigma: float,
    *,
    county: str,
    seed: int,
    draws: int,
) -> pl.DataFrame:
    """Table `cohort`: persons on 1 January per region, year and age group.

    `persons` is the registered count, then the official main alternative, so that a reader finds
    the same figure at Statistics Norway; p10 and p90 are of the draws. Registered years have no
    spread.
    """
    names = frames["regions"].select("region_code", "region").unique()
    names = pl.concat([names, pl.DataFrame({"region_code": [county], "region": [WHOLE_COUNTY]})])
    years = panel.population_years
    score, factor = population.cohort_factors(
        years, panel.registered, sigma, seed, county, range(draws)
    )
    lives_in = population.alternatives(score, rules.projection_weights)
    regions, homes = region_groups(panel, county)
    inside = homes * np.array([bool(r) for r in panel.region])
    tables = []
    for first, last in (rules.cohort_ages, (rules.entry_age, rules.entry_age)):
        ages = [i for i, age in enumerate(panel.ages) if first <= age <= last]
        persons = inside @ panel.population[:, :, ages].sum(axis=2)
        _, low, high = describe(persons[lives_in] * factor[:, None, :])
        group = f"{first}-{last}" if last > first else str(first)
        tables.append(
            grid(
                {"region_code": regions, "year": years, "age_group": (group,)},
                {"persons": persons[MAIN], "p10": low, "p90": high},
            )
        )
    basis = pl.when(pl.col("year") <= panel.registered).then(pl.lit("registered"))
    return (
        pl.concat(tables)
        .with_columns(basis.otherwise(pl.lit("projected")).alias("basis"))
        .join(names, on="region_code", how="left", maintain_order="left")
        .select("region_code", "region", "year", "age_group", "basis", "persons", "p10", "p90")
    )
