"""The series that are in the track record: what each is made of, its model, and who is beside it.

The yearly run tests them on the frames it stands on, `tilbudsplan backtest` on all stored vintages
(`tasks/backtests.py`); both by `tested`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import polars as pl

from tasks.errors import NotFound
from tasks.forecast.declared import Declared
from tasks.forecast.evaluation import origins, record
from tasks.forecast.evaluation.benchmarks import LAST_VALUE, Benchmark, benchmarks
from tasks.forecast.evaluation.frames import BITEMPORAL, Forecaster
from tasks.forecast.evaluation.models import AGES, Ageing, BestOfPast, DampedTrend, WithErrors
from tasks.forecast.evaluation.pupils import (
    PUPILS,
    ApplicantsPerPupil,
    CertificateFlow,
    FlowDraws,
    PupilFlow,
)
from tasks.forecast.evaluation.standards import Standards
from tasks.forecast.flow.transitions import CLOSED
from tasks.forecast.labour.forecaster import Employment
from tasks.forecast.marts import FLOW, of

PERSONS = "Personer i fylket"
OFFICIAL = "SSBs framskriving"
PUPILS_PER_PROGRAMME = "Elever per utdanningsprogram"
PUPILS_PER_REGION = "Elever per utdanningsprogram og region"
# A region goes by what its programme does: parts by another method would not add up to it.
THE_PROGRAMMES = "det som er valgt for utdanningsprogrammet"
CERTIFICATES = "Fagbrev per programområde"
EMPLOYED = "Sysselsatte per næring og region"
APPLICANTS_PER_PROGRAMME = "Søkere per utdanningsprogram"
# Steps in the mean change of a damped trend, as in the benchmarks that it is held against.
_TREND_YEARS = 5
_LEAST = 2
# Years of employment before an origin: the ensemble is weighted by its own past errors.
_EMPLOYED_YEARS = 6
ONE_VINTAGE = date(2000, 1, 1)


@dataclass(frozen=True)
class Given:
    """What series are made of beside their own table.

    Attributes:
        frames: The published night's, as a run reads them.
        declared: The planner's rules.
        county: County code.
    """

    frames: Mapping[str, pl.DataFrame]
    declared: Declared
    county: str

    @cached_property
    def flow(self) -> FlowDraws:
        """The student flow at every origin, drawn once for all series of it."""
        counts = self.frames["pupils"].get_column("school_year_start").n_unique()
        # Outcomes lie no further ahead than there are counts; applicants are told a year before.
        years = min(counts, max(origins.HORIZONS))
        return FlowDraws(of(self.frames, FLOW), self.declared.flow, self.county, years)

    @property
    def standards(self) -> Standards:
        """What models are held to."""
        return self.declared.standards


@dataclass(frozen=True)
class Series:
    """One series to roll the origin of.

    Attributes:
        name: What it is called in the track record.
        frame: Bitemporal, with the series beside it that its model looks at.
        model: Its model.
        least: Periods before an origin.
        constructed: Whether any figure of it is.
        others: Name for a series beside it → its series.
        official: Editions of the official projection, bitemporal, as one more forecaster.
        goes_by: What the run goes by whatever the test says; None: what the test chooses.
    """

    name: str
    frame: pl.DataFrame
    model: Forecaster
    least: int
    constructed: bool
    others: Mapping[str, str]
    official: pl.DataFrame | None = None
    goes_by: str | None = None


@dataclass(frozen=True)
class Source:
    """Where the figures of a series come from.

    Attributes:
        table: The mart.
        frame: The same in a run's frames.
        datasets: The datasets whose vintages matter.
        make: The series of the mart's rows with `known_from`.
    """

    table: str
    frame: str
    datasets: tuple[str, ...]
    make: Callable[[Given, pl.DataFrame], Series]


@dataclass(frozen=True)
class Tested:
    """What a test gave.

    Attributes:
        pairs: `PAIRS` of the model and its benchmarks.
        rows: `record.RECORD`.
        scaling: `record.SCALING`.
        class_hits: `record.CLASS_HITS`.
    """

    pairs: pl.DataFrame
    rows: pl.DataFrame
    scaling: pl.DataFrame
    class_hits: pl.DataFrame


def tested(one: Series, standards: Standards) -> Tested:
    """Roll the origin of a series: its rows of the record, and what is kept beside them."""
    name = one.name
    units = one.frame.filter(pl.col("series") == name).get_column("unit").n_unique()
    rivals: list[Forecaster] = [one.model, *benchmarks(units)]
    pairs = origins.rolling(one.frame, name, rivals, others=one.others, least=one.least)
    rows = record.rows(pairs, one.model.name, standards, constructed=one.constructed)
    if one.official is not None:
        official = origins.of_editions(one.official, one.frame, name, OFFICIAL).filter(
            pl.col("horizon").is_in(origins.HORIZONS)
        )
        shown = record.rows(official, OFFICIAL, standards, constructed=one.constructed)
        rows = pl.concat([rows, shown])
    if one.goes_by is not None:
        why = f"kjøringen går etter {one.goes_by}; de andre står ved siden av"
        rows = rows.with_columns(pl.lit(one.goes_by).alias("used"), pl.lit(why).alias("reason"))
    return Tested(
        pairs,
        rows,
        record.scaling(pairs, one.model.name, standards),
        record.class_hits(pairs, one.model.name, standards),
    )


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


def _cohort(county: bool) -> Callable[[Given, pl.DataFrame], Series]:
    """Persons of the cohort's ages, the county in one or by municipality."""

    def make(given: Given, found: pl.DataFrame) -> Series:
        rules = given.declared.rules
        first, last = rules.cohort_ages
        name = f"Personer {first}–{last} år {'i fylket' if county else 'per kommune'}"
        unit = pl.lit(given.county) if county else pl.col("municipality_code")
        rows = found.filter(pl.col("alternative") == "main", pl.col("age") <= last).with_columns(
            unit.alias("unit")
        )
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
            WithErrors(point, least, given.standards.size_bounds),
            least,
            _constructed(counted),
            {AGES: AGES},
            bitemporal(projected, name, "unit", "year", "persons"),
            OFFICIAL,
        )

    return make


def _by_programme(given: Given, found: pl.DataFrame) -> pl.DataFrame:
    """Pupils with the programme of their area."""
    areas = given.frames["programme_areas"].select("programme_area_code", "programme_code")
    return found.join(areas, on="programme_area_code")


def _flow_constructed(given: Given) -> bool:
    """Whether anything that the flow is estimated from is constructed."""
    parts = ("pupils", "population", "transitions", "contracts", "certificates", "placement")
    frames = of(given.frames, FLOW)
    return any(_constructed(frames[part]) for part in parts)


def _pupils(given: Given, found: pl.DataFrame) -> Series:
    """Pupils per programme, by the student flow on the published night's figures."""
    rows = _by_programme(given, found)
    name = PUPILS_PER_PROGRAMME
    frame = bitemporal(rows, name, "programme_code", "school_year_start", "pupils")
    return Series(name, frame, PupilFlow(given.flow), _LEAST, _flow_constructed(given), {})


def _pupils_by_region(given: Given, found: pl.DataFrame) -> Series:
    """The same by the intake region that they live in; those from elsewhere are left out."""
    name = PUPILS_PER_REGION
    homes = given.frames["regions"].filter(pl.col("kind") == "intake")
    region_of = dict(homes.select("municipality_code", "region_code").iter_rows())
    home = pl.col("home_municipality_code")
    unit = pl.col("programme_code") + "|" + home.replace_strict(region_of, default=None)
    rows = _by_programme(given, found).filter(home.is_in(list(region_of)))
    frame = bitemporal(
        rows.with_columns(unit.alias("unit")), name, "unit", "school_year_start", "pupils"
    )
    return Series(
        name,
        frame,
        PupilFlow(given.flow, region_of),
        _LEAST,
        _flow_constructed(given),
        {},
        goes_by=THE_PROGRAMMES,
    )


def certificates_by_area(found: pl.DataFrame, areas: pl.DataFrame, county: str) -> pl.DataFrame:
    """The county's certificates with the programme area of their trade; a closed cell is 2.5.

    Args:
        found: `mart.certificates_by_area_trade_route`.
        areas: `trade_code`, `programme_area_code`.
        county: County code.
    """
    return (
        found.filter(pl.col("area_code") == county, pl.col("route_code") != record.ALL)
        .with_columns(pl.col("certificates").cast(pl.Float64).fill_null(sum(CLOSED) / 2))
        .join(areas, on="trade_code")
    )


def _certificates(given: Given, found: pl.DataFrame) -> Series:
    """New trade certificates per programme area, whatever the route, by the student flow."""
    name = CERTIFICATES
    areas = given.frames[f"{FLOW}trade_areas"].select("trade_code", "programme_area_code")
    rows = certificates_by_area(found, areas, given.county)
    _some(name, rows)
    frame = bitemporal(rows, name, "programme_area_code", "year", "certificates")
    model = CertificateFlow(given.flow, dict(areas.iter_rows()))
    return Series(name, frame, model, _LEAST, _flow_constructed(given), {})


def _applicants(given: Given, found: pl.DataFrame) -> Series:
    """Applicants per programme: so many for each pupil that the flow has."""
    name = APPLICANTS_PER_PROGRAMME
    rows = found.filter(
        pl.col("county_code") == given.county,
        pl.col("applicant_type") == "all",
        pl.col("programme_code") != record.ALL,
    ).drop_nulls("applicants")
    _some(name, rows)
    frame = bitemporal(rows, name, "programme_code", "year", "applicants")
    known = frame.get_column("known_from").min()
    units = frame.select("unit").unique()
    pupils = _by_programme(given, given.frames["pupils"]).with_columns(
        pl.lit(known).alias("known_from")
    )
    beside = bitemporal(pupils, PUPILS, "programme_code", "school_year_start", "pupils")
    return Series(
        name,
        pl.concat([frame, beside.join(units, on="unit", how="semi")]),
        ApplicantsPerPupil(PupilFlow(given.flow), given.declared.rules.mean_years),
        1,
        _constructed(rows) or _flow_constructed(given),
        {PUPILS: PUPILS},
    )


def _employed(given: Given, found: pl.DataFrame) -> Series:
    """Employed per industry and intake region, by the ensemble of industries."""
    name = EMPLOYED
    rows = found.filter(pl.col("area_kind") == "intake").drop_nulls("employed")
    _some(name, rows)
    rows = rows.with_columns((pl.col("area_code") + "|" + pl.col("industry_code")).alias("unit"))
    model = Employment(given.declared.labour, given.county, 1)
    frame = bitemporal(rows, name, "unit", "year", "employed")
    return Series(name, frame, model, _EMPLOYED_YEARS, _constructed(rows), {})


def _drifting(name: str, columns: tuple[str, str, str]) -> Callable[[Given, pl.DataFrame], Series]:
    """A series that has no model of its own yet: it drifts."""

    def make(given: Given, found: pl.DataFrame) -> Series:
        rows = found.drop_nulls(columns[2])
        _some(name, rows)
        frame = bitemporal(rows, name, *columns)
        last = Benchmark(LAST_VALUE)
        phis = (phi for phi in given.standards.damping if phi > 0)
        trends = (DampedTrend(phi, _TREND_YEARS) for phi in phis)
        best = BestOfPast((last, *trends), _LEAST)
        model = WithErrors(best, _LEAST, given.standards.size_bounds)
        return Series(name, frame, model, _LEAST, _constructed(rows), {})

    return make


def _some(name: str, rows: pl.DataFrame) -> None:
    if rows.is_empty():
        raise NotFound(
            subject=name,
            expected="minst én rad i det publiserte varehuset",
            got="ingen",
            remedy="kjør «tilbudsplan ingest» og se «tilbudsplan status»",
        )


SERIES: Mapping[str, Source] = {
    PERSONS: Source(
        "mart.cohort_by_municipality_year",
        "cohort",
        ("ssb_population", "ssb_projection"),
        _cohort(True),
    ),
    "Personer per kommune": Source(
        "mart.cohort_by_municipality_year",
        "cohort",
        ("ssb_population", "ssb_projection"),
        _cohort(False),
    ),
    PUPILS_PER_PROGRAMME: Source(
        "restricted.pupils_by_school_programme_area", "pupils", ("county_pupils",), _pupils
    ),
    PUPILS_PER_REGION: Source(
        "restricted.pupils_by_school_programme_area",
        "pupils",
        ("county_pupils",),
        _pupils_by_region,
    ),
    APPLICANTS_PER_PROGRAMME: Source(
        "mart.applicants_by_county_programme", "applicants", ("udir_applicants",), _applicants
    ),
    CERTIFICATES: Source(
        "mart.certificates_by_area_trade_route",
        "flow.certificates",
        ("county_certificates",),
        _certificates,
    ),
    EMPLOYED: Source(
        "mart.employed_by_area_industry",
        "labour.employed_by_area_industry",
        ("ssb_employed_by_industry",),
        _employed,
    ),
    "Elever per skole": Source(
        "mart.pupils_by_school_year",
        "schools",
        ("udir_pupils",),
        _drifting("Elever per skole", ("organisation_number", "school_year_start", "pupils")),
    ),
}
# What a run's own figures rest on: tested in every run, on the frames that it stands on.
IN_A_RUN = (
    PERSONS,
    PUPILS_PER_PROGRAMME,
    PUPILS_PER_REGION,
    APPLICANTS_PER_PROGRAMME,
    CERTIFICATES,
    EMPLOYED,
)


def in_a_run(given: Given) -> dict[str, Tested]:
    """The tests that a run makes on its own frames: one vintage, later corrections in it.

    A series without figures has no test, and its model no record.
    """
    found = {}
    for name in IN_A_RUN:
        source = SERIES[name]
        if source.frame not in given.frames or given.frames[source.frame].is_empty():
            continue
        # One vintage: its date says nothing of what was known when.
        rows = given.frames[source.frame].with_columns(pl.lit(ONE_VINTAGE).alias("known_from"))
        with suppress(NotFound):
            one = source.make(given, rows)
            found[name] = tested(replace(one, official=None), given.standards)
    return found
