"""From the marts' frames to arrays on common axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from tasks.errors import ConfigurationError, NotFound
from tasks.forecast.types import Float, Index

ELSEWHERE = "9999"
ALTERNATIVES = ("main", "low", "high")
Frames = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Panel:
    """Counts on common axes.

    Attributes:
        areas: Programme areas, sorted.
        programme: Programme code of each area.
        level: Level of each area.
        homes: Home municipalities, sorted, `9999` last where pupils come from elsewhere.
        region: Intake region of each home (empty for `9999`).
        years: School years counted (start year), consecutive, oldest first.
        pupils: `[year, area, home]` persons on 1 October.
        population_years: Calendar years of the population, registered first.
        registered: Last registered year.
        ages: Ages of the population axis.
        population: `[alternative, home, age, population year]` persons on 1 January; `9999` is 1.
    """

    areas: tuple[str, ...]
    programme: tuple[str, ...]
    level: Index
    homes: tuple[str, ...]
    region: tuple[str, ...]
    years: tuple[int, ...]
    pupils: Float
    population_years: tuple[int, ...]
    registered: int
    ages: tuple[int, ...]
    population: Float

    @property
    def programmes(self) -> tuple[str, ...]:
        """Programme codes, sorted."""
        return tuple(sorted(set(self.programme)))

    @property
    def regions(self) -> tuple[str, ...]:
        """Intake regions, sorted."""
        return tuple(sorted(set(self.region) - {""}))

    def membership(self) -> Float:
        """0/1 `[region, home]`."""
        return np.array([[r == s for s in self.region] for r in self.regions], dtype=np.float64)

    def programme_groups(self) -> Float:
        """0/1 `[programme, area]`."""
        return np.array([[p == q for q in self.programme] for p in self.programmes], np.float64)


def build(frames: Frames) -> Panel:
    """Lay pupils and population on common axes.

    Args:
        frames: `pupils`, `cohort`, `regions`, `programme_areas`, `places` with the marts' columns.

    Raises:
        NotFound: A frame that the model cannot do without is empty.
        ConfigurationError: Programme areas or municipalities that no reference list knows.
    """
    for name in ("pupils", "cohort", "regions", "programme_areas"):
        if frames[name].is_empty():
            raise NotFound(
                subject=f"framskrivingen, {name}",
                expected="minst én rad i det publiserte varehuset",
                got="ingen",
                remedy="kjør «tilbudsplan ingest» og se «tilbudsplan status»",
            )
    intake = frames["regions"].filter(pl.col("kind") == "intake").sort("municipality_code")
    region_of = dict(intake.select("municipality_code", "region_code").iter_rows())
    pupils = _pupils(frames["pupils"], region_of)
    areas = _areas(frames, pupils)
    codes = areas.get_column("programme_area_code").to_list()
    homes = sorted(region_of)
    if ELSEWHERE in pupils.get_column("home"):
        homes.append(ELSEWHERE)
    years = pupils.get_column("school_year_start")
    first, last = _span(sorted(years.unique().to_list()))
    counts = np.zeros((last - first + 1, len(codes), len(homes)))
    at = (
        years.to_numpy() - first,
        _positions(pupils.get_column("programme_area_code"), codes),
        _positions(pupils.get_column("home"), homes),
    )
    inside = at[0] >= 0
    np.add.at(counts, tuple(a[inside] for a in at), pupils.get_column("pupils").to_numpy()[inside])
    population_years, registered, ages, population = _population(frames["cohort"], homes)
    return Panel(
        areas=tuple(codes),
        programme=tuple(areas.get_column("programme_code").to_list()),
        level=areas.get_column("level").to_numpy().astype(np.intp),
        homes=tuple(homes),
        region=tuple(region_of.get(h, "") for h in homes),
        years=tuple(range(first, last + 1)),
        pupils=counts,
        population_years=population_years,
        registered=registered,
        ages=ages,
        population=population,
    )


def _span(years: list[int]) -> tuple[int, int]:
    """First and last of the newest unbroken run of school years."""
    first = last = years[-1]
    while first - 1 in years:
        first -= 1
    return first, last


def _pupils(frame: pl.DataFrame, region_of: dict[str, str]) -> pl.DataFrame:
    known = pl.col("home_municipality_code").is_in(list(region_of))
    return frame.with_columns(
        pl.when(known).then("home_municipality_code").otherwise(pl.lit(ELSEWHERE)).alias("home"),
        pl.col("pupils").fill_null(0),
    )


def _areas(frames: Frames, pupils: pl.DataFrame) -> pl.DataFrame:
    """The areas with pupils or places, with programme, level and what they build on."""
    used = pl.concat(
        [pupils.select("programme_area_code"), frames["places"].select("programme_area_code")]
    ).unique()
    unknown = used.join(frames["programme_areas"], on="programme_area_code", how="anti")
    if not unknown.is_empty():
        codes = ", ".join(sorted(unknown.get_column("programme_area_code").to_list())[:10])
        raise ConfigurationError(
            subject="programområder",
            expected="koder som står i data/reference/programme_area.csv",
            got=codes,
            remedy="legg dem til i listen med trinn og hva de bygger på",
        )
    return (
        frames["programme_areas"]
        .join(used, on="programme_area_code", how="semi")
        .sort("programme_area_code")
    )


def _population(
    frame: pl.DataFrame, homes: list[str]
) -> tuple[tuple[int, ...], int, tuple[int, ...], Float]:
    """Population `[alternative, home, age, year]`; registered years hold for every alternative."""
    frame = frame.filter(pl.col("age") <= 30)
    registered = frame.filter(pl.col("basis") == "registered").get_column("year").max()
    years = sorted(frame.get_column("year").unique().to_list())
    ages = sorted(frame.get_column("age").unique().to_list())
    rows = frame.filter(pl.col("municipality_code").is_in(homes))
    full = np.full((len(ALTERNATIVES), len(homes), len(ages), len(years)), np.nan)
    full[
        _positions(rows.get_column("alternative"), list(ALTERNATIVES)),
        _positions(rows.get_column("municipality_code"), homes),
        rows.get_column("age").to_numpy() - ages[0],
        rows.get_column("year").to_numpy() - years[0],
    ] = rows.get_column("persons").to_numpy()
    if homes[-1] == ELSEWHERE:
        full[:, -1] = 1.0
    for number in (1, 2):
        full[number] = np.where(np.isnan(full[number]), full[0], full[number])
    # A municipality without young people in some year has lost its history with its number.
    hollow = np.isnan(full).any(axis=2) | ~(full.sum(axis=2) > 0)
    if registered is None or hollow.any():
        empty = sorted({homes[i] for i in np.argwhere(hollow)[:, 1]})
        raise ConfigurationError(
            subject="folketall og framskriving",
            expected="en verdi for hver kommune, alder og hvert år",
            got=f"hull for {', '.join(empty[:10])}",
            remedy="se om kommunen har skiftet nummer i KLASS 131, og hent tabellene på nytt",
        )
    return tuple(years), int(str(registered)), tuple(ages), full


def _positions(column: pl.Series, codes: list[str]) -> Index:
    return column.replace_strict(codes, list(range(len(codes)))).to_numpy().astype(np.intp)
