"""What codes are called, as `data/reference` has it: codes join, names are what people read."""

from __future__ import annotations

from pathlib import Path

import polars as pl


def of(file: Path, code: str, name: str) -> dict[str, str]:
    """Names by code; what has no name is called by its code.

    Args:
        file: A file of `data/reference`.
        code: The column of codes.
        name: The column of names.
    """
    rows = pl.read_csv(file, infer_schema=False).select(code, name)
    return {key: value or key for key, value in rows.iter_rows()}


def of_cells(reference: Path) -> dict[str, str]:
    """Names of what needs and outcomes are told by: utdanningsprogram and regions."""
    programmes = of(reference / "utdanningsprogram.csv", "programme_code", "name")
    return programmes | of(reference / "regions.csv", "region_code", "name")
