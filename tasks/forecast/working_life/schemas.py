"""The tables of working life in a run, column by column, and what stands in for them."""

from __future__ import annotations

import polars as pl

from tasks.errors import NotFound
from tasks.forecast.summary import PARTS

ENDS = ("p10", "p50", "p90")
SCHEMAS: dict[str, dict[str, type[pl.DataType]]] = {
    "openings": {
        "programme_area_code": pl.String,
        "region_code": pl.String,
        "year": pl.Int64,
        **{f"openings_{p}": pl.Float64 for p in PARTS},
        "openings_flexible": pl.Float64,
        **{f"candidates_{p}": pl.Float64 for p in PARTS},
        "confidence": pl.String,
    },
    "indicators": {
        "programme_area_code": pl.String,
        "region_code": pl.String,
        **{f"gap_{p}": pl.Float64 for p in ENDS},
        "gap_per_employed": pl.Float64,
        **{f"tightness_{p}": pl.Float64 for p in ENDS},
        **{f"p_class_{n}": pl.Float64 for n in range(1, 6)},
        "assessment": pl.String,
        "coverage": pl.Float64,
        "confidence": pl.String,
        "settled_by": pl.String,
        "first_year": pl.Int64,
        "last_year": pl.Int64,
    },
    "intake_need": {
        "programme_area_code": pl.String,
        "region_code": pl.String,
        "year": pl.Int64,
        "lead_years": pl.Int64,
        **{f"need_{p}": pl.Float64 for p in ENDS},
        "through_p50": pl.Float64,
        "coverage": pl.Float64,
        "confidence": pl.String,
        "settled_by": pl.String,
    },
    "robustness": {
        "programme_area_code": pl.String,
        "region_code": pl.String,
        "strict": pl.Float64,
        "flexible": pl.Float64,
        **{f"difference_{p}": pl.Float64 for p in ("mean", *ENDS)},
        "p_same_class": pl.Float64,
        "assessment_strict": pl.String,
        "assessment_flexible": pl.String,
        "differs": pl.Boolean,
        "first_year": pl.Int64,
        "last_year": pl.Int64,
    },
    "shortage_now": {
        "occupation_group": pl.String,
        "year": pl.Int64,
        "shortage": pl.Int64,
        "shortage_p10": pl.Float64,
        "shortage_p90": pl.Float64,
        "employed": pl.Float64,
        **{f"rate_{p}": pl.Float64 for p in ENDS},
        "unemployed": pl.Int64,
        "shortage_per_unemployed": pl.Float64,
        "vacancies_per_job_seeker": pl.Float64,
        "confidence": pl.String,
    },
    "shortage_by_occupation": {
        "occupation_code": pl.String,
        "year": pl.Int64,
        "shortage": pl.Int64,
        "rate": pl.Float64,
    },
    "apprenticeship_coverage": {
        "programme_area_code": pl.String,
        "counted_on": pl.Date,
        "trades": pl.Int64,
        "closed_trades": pl.Int64,
        "applicants": pl.Int64,
        "contracts": pl.Int64,
        "coverage": pl.Float64,
        **{f"coverage_{p}": pl.Float64 for p in ENDS},
    },
    "scenarios": {
        "scenario": pl.String,
        "title": pl.String,
        "quantity": pl.String,
        "programme_area_code": pl.String,
        "region_code": pl.String,
        "reference_mean": pl.Float64,
        "difference_mean": pl.Float64,
        **{f"difference_{p}": pl.Float64 for p in ENDS},
        "p_more": pl.Float64,
        "first_year": pl.Int64,
        "last_year": pl.Int64,
    },
    "working_life_notes": {
        "what": pl.String,
        "cells": pl.Int64,
        "of": pl.Int64,
        "done": pl.String,
    },
}


def empty(missing: NotFound) -> dict[str, pl.DataFrame]:
    """Every table without rows, and a note of why."""
    tables = {name: pl.DataFrame(schema=schema) for name, schema in SCHEMAS.items()}
    return tables | {"working_life_notes": note(missing.subject, str(missing))}


def cast(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """The columns of a table, in its order and of its kinds."""
    return rows.select(pl.col(name).cast(kind) for name, kind in SCHEMAS[table].items())


def note(what: str, done: str, cells: int | None = None, of: int | None = None) -> pl.DataFrame:
    """One row of `working_life_notes`: what was missing or closed, and what was done."""
    row = {"what": what, "cells": cells, "of": of, "done": done}
    return pl.DataFrame([row], schema=SCHEMAS["working_life_notes"])
