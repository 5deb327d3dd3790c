"""From the marts' frames to arrays on common axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tasks.errors import ConfigurationError, NotFound
from tasks.forecast.types import Float, Index, Rules

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
        origins: Origin area of each edge of the school structure.
        targets: Target area of each edge.
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
    origins: Index
    targets: Index

    @property
    def programmes(self) -> tuple[str, ...]:
        """Programme codes, sorted."""
        return tuple(sorted(set(self.programme)))

    @property
    def regions(self) -> tuple[str, ...]:
        """Intake regions, sorted."""
        return tuple(sorted(set(self.region) - {""}))

    @property
    def open_areas(self) -> Index:
        """Areas entered from the cohort: no area that they build on is known."""
        return np.setdiff1d(np.arange(len(self.areas)), self.targets)

    def membership(self) -> Float:
        """0/1 `[region, home]`."""
        return np.array([[r == s for s in self.region] for r in self.regions], dtype=np.float64)

    def programme_groups(self) -> Float:
        """0/1 `[programme, area]`."""
        return np.array([[p == q for q in self.programme] for p in self.programmes], np.float64)

    def entry_cohort(self, start_years: tuple[int, ...], rules: Rules) -> Float:
        """Those who turn the entry age in the year that the school year starts.

        They are one year younger on 1 January of that year, which makes the first year ahead a
        registered figure. Returns `[alternative, home, start year]` persons.

        Raises:
            NotFound: The population does not reach a year asked for.
        """
        age, years = rules.entry_age - 1, set(self.population_years)
        missing = [y for y in start_years if y not in years]
        if missing or age not in self.ages:
            raise NotFound(
                subject="kullet som begynner på Vg1",
                expected=f"{age}-åringer per 1. januar {start_years[0]}–{start_years[-1]}",
                got=f"{self.population_years[0]}–{self.population_years[-1]}, "
                f"alder {self.ages[0]}–{self.ages[-1]}",
                remedy="velg en kortere horisont, eller hent framskrivingen på nytt",
            )
        columns = [self.population_years.index(y) for y in start_years]
        picked: Float = self.population[:, :, self.ages.index(age)][:, :, columns]
        return picked

    def until(self, year: int) -> Panel:
        """The panel as it was when `year` was the last school year counted (for backtests)."""
        keep = [i for i, y in enumerate(self.years) if y <= year]
        return replace(self, years=tuple(self.years[i] for i in keep), pupils=self.pupils[keep])


def build(frames: Frames) -> Panel:
    """Lay pupils, population and school structure on common axes.

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
    origins, targets = _edges(areas)
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
        origins=origins,
        targets=targets,
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


def _edges(areas: pl.DataFrame) -> tuple[Index, Index]:
    """Origin and target positions of the school structure, sorted by target, then origin."""
    builds_on = pl.col("builds_on")
    if areas.schema["builds_on"] != pl.List(pl.String):
        builds_on = builds_on.fill_null("").str.split(" ")
    place = areas.select(
        pl.col("programme_area_code").alias("origin_code"),
        pl.int_range(pl.len()).alias("origin"),
    )
    edges = (
        areas.select(builds_on.alias("origin_code"), pl.int_range(pl.len()).alias("target"))
        .explode("origin_code")
        .join(place, on="origin_code")
        .filter(pl.col("origin") != pl.col("target"))
        .unique()
        .sort("target", "origin")
    )
    return (
        edges.get_column("origin").to_numpy().astype(np.intp),
        edges.get_column("target").to_numpy().astype(np.intp),
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
