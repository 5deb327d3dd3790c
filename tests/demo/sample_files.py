"""The files of the sample, read plainly, for the tests that hold them to what is published."""

from __future__ import annotations

import polars as pl

from tasks.demo.construct_common import SAMPLE

YOUTH = ["016", "017", "018"]
SCHOOL_YEARS = {"2023-24": 16_109, "2024-25": 16_434, "2025-26": 16_753}


def cells(table: str) -> pl.DataFrame:
    return pl.read_parquet(SAMPLE / "pxweb" / table / "cells.parquet")


def codes(table: str) -> pl.DataFrame:
    return pl.read_csv(SAMPLE / "pxweb" / table / "codes.csv", infer_schema=False)


def page(name: str) -> pl.DataFrame:
    return pl.read_csv(SAMPLE / "udir" / f"{name}.csv", infer_schema=False)


def published(name: str) -> pl.DataFrame:
    return pl.read_csv(SAMPLE / "published" / f"{name}.csv", infer_schema=False)


def county(name: str) -> pl.DataFrame:
    frame = pl.read_csv(SAMPLE / "county" / f"{name}.csv", separator=";", infer_schema=False)
    numbers = [c for c in ("elever", "plasser") if c in frame.columns]
    return frame.with_columns(pl.col(numbers).cast(pl.Int64))


def klass(name: str) -> pl.DataFrame:
    return pl.read_csv(SAMPLE / "klass" / name, infer_schema=False)


def number(text: str) -> float:
    return float(text.replace(" ", "").replace(",", "."))


def value(rows: pl.DataFrame, **where: str) -> float:
    return number(rows.filter(**where).row(0, named=True)["value"])
