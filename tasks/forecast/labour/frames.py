"""From the marts' frames to arrays: what is missing or closed becomes NaN, and is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from tasks.errors import ConfigurationError, NotFound
from tasks.forecast.firmness import CONFIDENCE, weakest
from tasks.forecast.labour.types import ALTERNATIVES, LabourData
from tasks.forecast.types import Float, Index

Frames = Mapping[str, pl.DataFrame]

REQUIRED = (
    "employed_by_area_industry",
    "employed_by_area_occupation",
    "employed_by_area_occupation_age",
    "employed_by_occupation",
    "occupation_programme_area",
    "crosswalk_industry_occupation",
    "cohort_by_municipality_year",
    "region_membership",
)
ALL_AGES = "15-74"
UNKNOWN = "UKJENT"
REGION_KIND = "intake"


def build(frames: Frames, county: str) -> LabourData:
    """Lay employment, crosswalks and population on common axes.

    Args:
        frames: The marts of `REQUIRED` under their own names (the crosswalk from `reference`), and
            `employed_by_occupation_education_level` where it is there.
        county: Code of the county.

    Raises:
        NotFound: A mart that the model cannot do without is missing or empty.
        ConfigurationError: Years that do not hang together, or an unknown word of confidence.
    """
    for name in REQUIRED:
        if name not in frames or frames[name].is_empty():
            raise NotFound(
                subject=f"arbeidslivets behov, {name}",
                expected="minst én rad i det publiserte varehuset",
                got="ingen",
                remedy="kjør «tilbudsplan ingest» og se «tilbudsplan status»",
            )
    notes: list[dict[str, Any]] = []
    industry = _of_kind(frames["employed_by_area_industry"], REGION_KIND)
    occupation, ages = _with_hidden(frames, industry, notes)
    regional = occupation.filter(pl.col("area_kind") == REGION_KIND)
    regions = _codes(regional, "area_code")
    by_group = regional.filter(pl.col("digits") == 2)
    years = _common_years(industry, by_group)
    groups, industries = _codes(by_group, "occupation_code"), _codes(industry, "industry_code")
    codes = _four_digits(frames, groups)
    occupations = tuple(sorted({c[:3] for c in codes}))
    group = _dense(by_group, ("year", "occupation_code", "area_code"), (years, groups, regions))
    industry_counts = _dense(
        industry, ("year", "industry_code", "area_code"), (years, industries, regions)
    )
    last = occupation.filter((pl.col("digits") == 4) & (pl.col("year") == years[-1]))
    code_county = _dense(
        last.filter(pl.col("area_code") == county), ("occupation_code",), (codes,), empty=np.nan
    )
    code_region = _dense(
        _of_kind(last, REGION_KIND), ("occupation_code", "area_code"), (codes, regions), np.nan
    )
    _note(notes, "yrker med fire sifre i fylket", code_county, "fordelt etter landets tall")
    _note(notes, "yrker med fire sifre i regionene", code_region, "fordelt etter fylkets tall")
    return LabourData(
        industries=industries,
        groups=groups,
        occupations=occupations,
        codes=codes,
        regions=regions,
        group_of=_place([o[:2] for o in occupations], groups),
        occupation_of=_place([c[:3] for c in codes], occupations),
        years=years,
        industry=_filled(notes, "næring og region", industry_counts),
        group=_filled(notes, "yrkesgruppe og region", group),
        code_county=code_county,
        code_region=code_region,
        **_national(frames["employed_by_occupation"], codes, notes),
        **_ages(ages, county, groups, regions, years, notes),
        **_levels(frames.get("employed_by_occupation_education_level"), groups),
        **_seed(frames["crosswalk_industry_occupation"], groups, industries, notes),
        **_targets(frames["occupation_programme_area"], codes, notes),
        **_population(frames, regions),
        notes=pl.DataFrame(
            notes, {"what": pl.String, "cells": pl.Int64, "of": pl.Int64, "done": pl.String}
        ),
    )


def _with_hidden(
    frames: Frames, industry: pl.DataFrame, notes: list[dict[str, Any]]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Employment by occupation, and by age, with the persons of the cells that sums leave out.

    An area is the sum of its municipalities, and a municipality's cell of a few persons is closed:
    the sum is too low, most for small occupations. Industries are counted in full, so what
    occupations of two digits lack of them, over the number of cells left out, is how many a cell
    holds. Where that cannot be, it is the middle of one to four.
    """
    ages, keys = frames["employed_by_area_occupation_age"], ["area_code", "occupation_code", "year"]
    if "hidden_cells" not in ages.columns:
        ages = ages.with_columns(pl.lit(0).alias("hidden_cells"))
    hidden = ages.filter(pl.col("age_group") == ALL_AGES).select(*keys, "hidden_cells")
    occupation = (
        frames["employed_by_area_occupation"]
        .drop("hidden_cells", strict=False)
        .join(hidden, on=keys, how="left")
    )
    pairs = occupation.filter(
        (pl.col("area_kind") == REGION_KIND) & (pl.col("digits") == 2)
    ).filter(pl.col("year").is_in(industry.get_column("year").unique().to_list()))
    cells = int(pairs.get_column("hidden_cells").fill_null(0).sum())
    years = pairs.get_column("year").unique().to_list()
    counted = industry.filter(pl.col("year").is_in(years)).get_column("employed").sum()
    lacking = float(counted) - float(pairs.get_column("employed").sum())
    each = lacking / cells if cells and 1 <= lacking / cells <= 4 else 2.5
    notes.append(
        {
            "what": "lukkede celler i kommunene som summene mangler, yrkesgrupper i alle år",
            "cells": cells,
            "of": len(pairs),
            "done": f"{each:.2f} personer lagt til for hver".replace(".", ","),
        }
    )
    full = pl.col("employed") + each * pl.col("hidden_cells").fill_null(0)
    return occupation.with_columns(full.alias("employed")), ages.with_columns(
        full.alias("employed")
    )


def _of_kind(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    return frame.filter(pl.col("area_kind") == kind)


def _codes(frame: pl.DataFrame, column: str) -> tuple[str, ...]:
    return tuple(sorted(frame.get_column(column).unique().to_list()))


def _place(values: Sequence[str], axis: Sequence[str]) -> Index:
    where = {code: place for place, code in enumerate(axis)}
    return np.array([where[v] for v in values], np.intp)


def _common_years(industry: pl.DataFrame, occupation: pl.DataFrame) -> tuple[int, ...]:
    """The newest unbroken run of years that both tables have."""
    have = set(industry.get_column("year")) & set(occupation.get_column("year"))
    if not have:
        raise ConfigurationError(
            subject="sysselsatte etter næring og yrke",
            expected="minst ett år som begge tabellene har",
            got="ingen",
            remedy="hent begge tabellene på nytt og se «tilbudsplan status»",
        )
    first = last = int(max(have))
    while first - 1 in have:
        first -= 1
    return tuple(range(first, last + 1))


def _dense(
    frame: pl.DataFrame,
    columns: tuple[str, ...],
    axes: tuple[Sequence[int] | Sequence[str], ...],
    empty: float = 0.0,
    value: str = "employed",
) -> Float:
    """Counts on the axes; `empty` where there is no row, NaN where the cell is closed."""
    for column, axis in zip(columns, axes, strict=True):
        frame = frame.filter(pl.col(column).is_in(list(axis)))
    out = np.full([len(axis) for axis in axes], empty, np.float64)
    places = tuple(
        frame.get_column(c)
        .replace_strict(list(axis), list(range(len(axis))), return_dtype=pl.Int64)
        .to_numpy()
        for c, axis in zip(columns, axes, strict=True)
    )
    out[places] = frame.get_column(value).cast(pl.Float64).fill_null(np.nan).to_numpy()
    return out


def _note(notes: list[dict[str, Any]], what: str, cells: Float, done: str) -> None:
    missing = int(np.isnan(cells).sum())
    notes.append({"what": what, "cells": missing, "of": cells.size, "done": done})


def _filled(notes: list[dict[str, Any]], what: str, counts: Float) -> Float:
    """Closed cells hold at most four persons: two stand for them."""
    _note(notes, what, counts, "lukkede celler er satt til 2 personer")
    return np.where(np.isnan(counts), 2.0, counts)


def _four_digits(frames: Frames, groups: tuple[str, ...]) -> tuple[str, ...]:
    """Codes of four digits in the groups; a group without any stands as one code of its own."""
    found = set(_codes(frames["employed_by_occupation"], "occupation_code"))
    found |= set(_codes(frames["occupation_programme_area"], "occupation_code"))
    inside = {c for c in found if len(c) == 4 and c[:2] in groups}
    return tuple(sorted(inside | {f"{g}00" for g in set(groups) - {c[:2] for c in inside}}))


def _edges(frame: pl.DataFrame) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Age groups that do not overlap, finest first, and their edges."""
    spans = sorted(
        (tuple(map(int, label.split("-"))), label)
        for label in frame.get_column("age_group").unique()
        if label != ALL_AGES and label.count("-") == 1
    )
    chosen: list[tuple[tuple[int, ...], str]] = []
    for span, label in sorted(spans, key=lambda s: s[0][1] - s[0][0]):
        if all(span[1] < o[0] or span[0] > o[1] for o, _ in chosen):
            chosen.append((span, label))
    chosen.sort()
    if not chosen or any(a[0][1] + 1 != b[0][0] for a, b in pairwise(chosen)):
        raise ConfigurationError(
            subject="sysselsatte etter yrke og alder",
            expected="aldersgrupper som følger på hverandre",
            got=", ".join(label for _, label in chosen) or "ingen",
            remedy="hent tabellen på nytt med alle aldersgrupper",
        )
    edges = (*(span[0] for span, _ in chosen), chosen[-1][0][1] + 1)
    return tuple(label for _, label in chosen), edges


def _national(
    frame: pl.DataFrame, codes: tuple[str, ...], notes: list[dict[str, Any]]
) -> dict[str, Any]:
    labels, edges = _edges(frame)
    years = tuple(sorted(frame.get_column("year").unique().to_list()))
    counts = _dense(frame, ("year", "occupation_code", "age_group"), (years, codes, labels))
    return {
        "national_years": years,
        "national_edges": edges,
        "national": _filled(notes, "yrke og alder i landet", counts),
    }


def _ages(
    frame: pl.DataFrame,
    county: str,
    groups: tuple[str, ...],
    regions: tuple[str, ...],
    years: tuple[int, ...],
    notes: list[dict[str, Any]],
) -> dict[str, Any]:
    frame = frame.filter((pl.col("digits") == 2) & (pl.col("year") == years[-1]))
    labels, edges = _edges(frame)
    axes = ("occupation_code", "age_group")
    whole = _dense(frame.filter(pl.col("area_code") == county), axes, (groups, labels))
    region = _dense(
        _of_kind(frame, REGION_KIND),
        ("occupation_code", "area_code", "age_group"),
        (groups, regions, labels),
    )
    _note(notes, "yrkesgruppe, alder og region", region, "fylkets aldersfordeling brukes")
    return {
        "county_edges": edges,
        "group_age": region,
        "group_age_county": _filled(notes, "yrkesgruppe og alder i fylket", whole),
    }


def _levels(frame: pl.DataFrame | None, groups: tuple[str, ...]) -> dict[str, Any]:
    if frame is None or frame.is_empty():
        return {"level": np.zeros((len(groups), 0)), "levels": ()}
    newest = frame.filter(pl.col("year") == pl.col("year").max())
    levels = _codes(newest, "education_level_code")
    counts = _dense(newest, ("occupation_code", "education_level_code"), (groups, levels))
    return {"level": np.nan_to_num(counts), "levels": levels}


def _current(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows that hold now: `valid_to` empty."""
    if "valid_to" not in frame.columns:
        return frame
    return frame.filter(pl.col("valid_to").cast(pl.String).fill_null("") == "")


def _seed(
    frame: pl.DataFrame,
    groups: tuple[str, ...],
    industries: tuple[str, ...],
    notes: list[dict[str, Any]],
) -> dict[str, Any]:
    frame = _current(frame).with_columns(pl.col("weight").cast(pl.Float64))
    seed = _dense(frame, ("occupation_code", "industry_code"), (groups, industries), value="weight")
    for axis, what in ((1, "yrkesgrupper"), (0, "næringer")):
        hollow = ~(seed.sum(axis=axis) > 0)
        notes.append(
            {
                "what": f"{what} uten rad i crosswalk_industry_occupation.csv",
                "cells": int(hollow.sum()),
                "of": len(hollow),
                "done": "fordelt som snittet av de andre",
            }
        )
    return {"seed": seed, "seed_confidence": weakest(frame.get_column("confidence"))}


def _targets(
    frame: pl.DataFrame, codes: tuple[str, ...], notes: list[dict[str, Any]]
) -> dict[str, Any]:
    targets = tuple(sorted({*_codes(frame, "target_code"), UNKNOWN}))
    outside = set(frame.filter(pl.col("target_kind") == "outside").get_column("target_code"))
    axes = ("occupation_code", "target_code")
    weight = _dense(frame, axes, (codes, targets), value="weight")
    weakest(frame.get_column("confidence"))
    word = frame.select(
        *axes,
        pl.col("confidence").replace_strict(list(CONFIDENCE), list(range(len(CONFIDENCE)))),
    )
    rank = _dense(word, axes, (codes, targets), -1.0, "confidence")
    unmapped = ~(weight.sum(axis=1) > 0)
    notes.append(
        {
            "what": "yrker uten rad i occupation_programme_area",
            "cells": int(unmapped.sum()),
            "of": len(codes),
            "done": "ført til UKJENT",
        }
    )
    unknown = targets.index(UNKNOWN)
    weight[unmapped, unknown] = 1.0
    rank[unmapped, unknown] = len(CONFIDENCE) - 1
    return {
        "targets": targets,
        "programmes": tuple(t if t in outside or t == UNKNOWN else t[:2] for t in targets),
        "weight": weight / weight.sum(axis=1, keepdims=True),
        "weight_confidence": rank.astype(np.intp),
    }


def _population(frames: Frames, regions: tuple[str, ...]) -> dict[str, Any]:
    """Persons by region and age; registered years hold for every alternative."""
    member = _current(frames["region_membership"]).select("region_code", "municipality_code")
    frame = (
        frames["cohort_by_municipality_year"]
        .join(member.filter(pl.col("region_code").is_in(regions)), on="municipality_code")
        .group_by("alternative", "region_code", "age", "year")
        .agg(pl.col("persons").sum().cast(pl.Float64))
    )
    registered = frames["cohort_by_municipality_year"].filter(pl.col("basis") == "registered")
    if frame.is_empty() or registered.is_empty():
        raise NotFound(
            subject="folketallet i inntaksregionene",
            expected="registrert folketall for kommunene i regionene",
            got="ingen rader",
            remedy="se region_membership.csv og hent folketallet på nytt",
        )
    years = tuple(range(frame["year"].min(), frame["year"].max() + 1))  # type: ignore[arg-type, operator]
    ages = tuple(range(int(frame["age"].max()) + 1))  # type: ignore[arg-type]
    axes = (ALTERNATIVES, regions, ages, years)
    counts = _dense(
        frame, ("alternative", "region_code", "age", "year"), axes, np.nan, value="persons"
    )
    counts = np.where(np.isnan(counts), counts[:1], counts)
    return {
        "population": np.nan_to_num(counts),
        "population_years": years,
        "registered": int(str(registered["year"].max())),
        "region_of": {m: r for r, m in member.iter_rows() if r in regions},
    }
