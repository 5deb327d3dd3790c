"""Reads what a run found and what the warehouse knows: frames, names and vintages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tasks import warehouse
from tasks.errors import NotFound, ValidationFailed
from tasks.publish import disclosure, provenance
from tasks.publish.periods import Periods
from tasks.publish.provenance import Vintages

ALL = "*"
ELSEWHERE = "-"
COLUMNS = {
    "cohort": "region_code region year age_group basis persons p10 p90",
    "expected": "programme_code region_code school_year pupils_now pupils_mean pupils_p10 "
    "pupils_p90 applicants_now applicants_mean applicants_p10 applicants_p90",
    "places": "programme_code level region_code places_county places_private classes_county "
    "needed_mean needed_p10 needed_p90 gap_mean gap_p10 gap_p90 classes_needed p_shortage "
    "p_balance p_surplus p_no_class_to_spare assessment county_wide",
    "apprenticeship": "programme_code region_code applicants_mean applicants_p10 applicants_p90 "
    "contracts_now placed_mean placed_p10 placed_p90 unplaced_mean unplaced_p10 unplaced_p90 "
    "unplaced_as_newest",
    "placement": "year month county_code percent note drawn",
    "track_record": "series unit model is_model benchmark used reason horizon n n_origins mape "
    "benchmark_mape bias coverage80 coverage80_scaled constructed",
    "openings": "programme_area_code region_code year openings_mean openings_p10 openings_p90 "
    "openings_flexible candidates_mean candidates_p10 candidates_p90 confidence",
    "indicators": "programme_area_code region_code gap_p10 gap_p50 gap_p90 assessment coverage "
    "confidence settled_by first_year last_year",
    "intake_need": "programme_area_code region_code year lead_years need_p10 need_p50 need_p90 "
    "through_p50 coverage confidence settled_by",
    "robustness": "programme_area_code region_code strict flexible difference_mean difference_p10 "
    "difference_p90 p_same_class assessment_strict assessment_flexible differs first_year "
    "last_year",
    "shortage_now": "occupation_group year shortage shortage_p10 shortage_p90 rate_p10 rate_p50 "
    "rate_p90 unemployed shortage_per_unemployed vacancies_per_job_seeker",
    "apprenticeship_coverage": "programme_area_code counted_on trades closed_trades applicants "
    "contracts coverage coverage_p10 coverage_p90",
    "working_life_notes": "what cells of done",
    "decomposition": "quantity programme_code region_code before cohort choice completion "
    "placement migration demand after first_year last_year",
    "sensitivity": "programme_code region_code rank input first total total_error persons "
    "first_year last_year",
    "explanation_notes": "what why",
    "scenarios": "scenario title quantity programme_area_code region_code reference_mean "
    "difference_mean difference_p10 difference_p50 difference_p90 p_more first_year last_year",
}
# Tables that older runs did not write; they are empty there.
NEWER = (
    "openings",
    "indicators",
    "intake_need",
    "robustness",
    "shortage_now",
    "apprenticeship_coverage",
    "working_life_notes",
    "scenarios",
    "decomposition",
    "sensitivity",
    "explanation_notes",
)
_BRANCHES = ("studieforberedende", "yrkesfaglig", "paabygg")


@dataclass(frozen=True)
class Programme:
    """An utdanningsprogram as it is shown."""

    code: str
    name: str
    branch: str
    county_wide: bool


@dataclass(frozen=True)
class Run:
    """Everything that a report is made from.

    Attributes:
        id: Name of the run's folder.
        manifest: The run's own account of itself.
        school_year: `2027/28`.
        county: Code of the county in the tables.
        county_name: Its name.
        frames: The run's tables by name; `expected` holds the school year in question only.
        programmes: In the order they are shown: by branch, then by size.
        regions: Intake regions, code to name, largest first.
        areas: Programme areas, code to name.
        vintages: Editions by dataset.
        periods: The newest period of the figures, by kind.
    """

    id: str
    manifest: dict[str, Any]
    school_year: str
    county: str
    county_name: str
    frames: dict[str, pl.DataFrame]
    programmes: tuple[Programme, ...]
    regions: dict[str, str]
    areas: dict[str, str]
    vintages: Vintages
    periods: Periods

    def area(self, code: str) -> str:
        """Name of a programme area; the code itself where nobody has named it."""
        return self.areas.get(code, code)

    def named(self, code: str) -> str:
        """Name of a programme code; the code itself where nobody has named it."""
        return next((p.name for p in self.programmes if p.code == code), code)


@dataclass(frozen=True)
class Observed:
    """Observed persons in a two-way table with totals, and which cells are closed.

    Attributes:
        rows: Row codes, the total `*` last.
        columns: Column codes, the county last.
        values: Persons.
        missing: Cells without a figure in the run.
        closed: Cells that must not be shown.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: disclosure.Counts
    missing: disclosure.Mask
    closed: disclosure.Mask

    def cell(self, row: str, column: str) -> tuple[float | None, bool]:
        """Persons (None where missing) and whether the cell is closed."""
        place = self.rows.index(row), self.columns.index(column)
        value = None if self.missing[place] else float(self.values[place])
        return value, bool(self.closed[place])


def read(run_folder: Path, warehouse_path: Path) -> Run:
    """Read a run folder and the published warehouse.

    Raises:
        NotFound: A table, the warehouse, a name, or a dataset's vintage is missing.
        ValidationFailed: A table lacks a column that the report shows.
    """
    manifest = json.loads(_existing(run_folder / "manifest.json").read_text(encoding="utf-8"))
    written = manifest.get("outputs", COLUMNS)
    frames = {
        name: _frame(run_folder, name)
        if name in written or name not in NEWER
        else pl.DataFrame(schema=dict.fromkeys(columns.split(), pl.String))
        for name, columns in COLUMNS.items()
    }
    vintages = provenance.of_run(manifest["vintages"])
    periods = Periods.of_run(run_folder.name, manifest)
    county = str(manifest["parameters"]["county"])
    programmes, regions, areas, county_name = _names(warehouse_path, county)
    cohort = frames["cohort"]
    school_year = str(manifest["school_year"])
    frames["expected"] = frames["expected"].filter(pl.col("school_year") == school_year)
    frames["places"] = frames["places"].with_columns(pl.col("level").cast(pl.String))
    summed = frames["places"].filter(pl.col("level") == ALL)
    for name, rows, what in (
        ("expected", frames["expected"], f"rader for skoleåret {school_year}"),
        ("places", summed, f"rader for alle trinn samlet (trinn «{ALL}»)"),
    ):
        _not_empty(rows, f"{run_folder.name}/{name}.parquet", what)
    return Run(
        id=run_folder.name,
        manifest=manifest,
        school_year=school_year,
        county=county,
        county_name=county_name,
        frames=frames,
        programmes=_by_size(programmes, frames["expected"], county),
        regions=_largest_first(regions, cohort),
        areas=areas,
        vintages=vintages,
        periods=periods,
    )


def observed(run: Run, column: str) -> Observed:
    """Observed persons per programme and region, with those who live elsewhere, and totals.

    Args:
        run: The run.
        column: `pupils_now` or `applicants_now`; a figure that exists for the county only leaves
            the regions missing.
    """
    frame = run.frames["expected"].select("programme_code", "region_code", column)
    rows = (*(p.code for p in run.programmes), ALL)
    regions = tuple(run.regions)
    wide = frame.pivot("region_code", index="programme_code", values=column)
    found = pl.DataFrame({"programme_code": rows}).join(
        wide, on="programme_code", how="left", maintain_order="left"
    )
    given = found.select(
        pl.col(c).cast(pl.Float64) if c in found.columns else pl.lit(None, pl.Float64).alias(c)
        for c in (*regions, run.county)
    ).to_numpy()
    # Missing wherever a region is: otherwise it could be worked out from this column.
    elsewhere = given[:, -1:] - given[:, :-1].sum(axis=1, keepdims=True)
    values = np.concatenate([given[:, :-1], elsewhere, given[:, -1:]], axis=1)
    missing = np.isnan(values)
    if missing[:, : len(regions)].all():
        # Nothing is known by region, so the county's list stands alone.
        persons = np.nan_to_num(values[:, -1]).round().astype(np.int64)
        closed = np.zeros(values.shape, bool)
        closed[:, -1] = disclosure.closed_list(persons, missing[:, -1])
    else:
        persons = np.nan_to_num(values).round().astype(np.int64)
        closed = disclosure.closed_cells(persons, missing)
    counts = np.nan_to_num(values).round().astype(np.int64)
    return Observed(rows, (*regions, ELSEWHERE, run.county), counts, missing, closed)


def closed_column(values: Sequence[float | None]) -> list[bool]:
    """Which counts of a list with its total last are closed."""
    filled = np.array([0 if v is None else round(v) for v in values], np.int64)
    missing = np.array([v is None for v in values], bool)
    return [bool(c) for c in disclosure.closed_list(filled, missing)]


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise NotFound(
            subject=str(path),
            expected="filen som planen skriver",
            got="ingen fil",
            remedy="kjør planen på nytt med «tilbudsplan plan run»",
        )
    return path


def _frame(folder: Path, name: str) -> pl.DataFrame:
    frame = pl.read_parquet(_existing(folder / f"{name}.parquet"))
    if missing := set(COLUMNS[name].split()) - set(frame.columns):
        raise ValidationFailed(
            subject=f"{folder.name}/{name}.parquet",
            expected=f"kolonnene {COLUMNS[name]}",
            got=f"ingen {', '.join(sorted(missing))}",
            remedy="kjør planen på nytt med denne utgaven av programmet",
        )
    return frame


def _not_empty(frame: pl.DataFrame, subject: str, expected: str) -> None:
    if frame.is_empty():
        raise ValidationFailed(
            subject=subject,
            expected=expected,
            got="ingen rader",
            remedy="kjør planen på nytt for skoleåret rapporten gjelder",
        )


def _names(path: Path, county: str) -> tuple[list[Programme], dict[str, str], dict[str, str], str]:
    with warehouse.connect_read_only(path) as con:
        programmes = con.execute(
            "select programme_code, programme, branch, county_wide from mart.programme order by all"
        ).fetchall()
        regions = con.execute(
            "select distinct region_code, region from mart.region_membership "
            "where kind = 'intake' order by all"
        ).fetchall()
        areas = con.execute(
            "select programme_area_code, programme_area from mart.programme_area order by all"
        ).fetchall()
        found = con.execute(
            "select county from staging.county where county_code = ?", [county]
        ).fetchone()
    if not found:
        raise NotFound(
            subject="staging.county",
            expected=f"navnet på fylke {county}",
            got="ingen rad",
            remedy="kjør «tilbudsplan ingest klass_counties» og så planen på nytt",
        )
    # KLASS writes the Norwegian name first and the Sámi after a dash.
    name = str(found[0]).split(" - ")[0]
    return [Programme(*row) for row in programmes], dict(regions), dict(areas), name


def _by_size(
    programmes: list[Programme], expected: pl.DataFrame, county: str
) -> tuple[Programme, ...]:
    rows = expected.filter(pl.col("region_code") == county)
    size = dict(rows.select("programme_code", "pupils_mean").iter_rows())
    order = {b: i for i, b in enumerate(_BRANCHES)}
    kept = [p for p in programmes if p.code in size]
    return tuple(sorted(kept, key=lambda p: (order.get(p.branch, 9), -(size[p.code] or 0), p.code)))


def _largest_first(regions: dict[str, str], cohort: pl.DataFrame) -> dict[str, str]:
    newest = cohort.filter(pl.col("basis") == "registered").sort("year", "persons")
    size = dict(newest.select("region_code", "persons").iter_rows())
    return dict(sorted(regions.items(), key=lambda r: (-size.get(r[0], 0.0), r[0])))
