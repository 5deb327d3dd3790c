"""Writes the dimensioning report: one HTML file that stands alone, and a workbook beside it."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from tasks.publish import formats, sections, tables, workbook
from tasks.publish.model import Document, Report

HTML = "dimensjoneringsrapport.html"
XLSX = "dimensjoneringsrapport.xlsx"
_ROOM = Path(__file__).parent


def write(run_folder: Path, warehouse_path: Path, target_folder: Path) -> Report:
    """Write the report of a run.

    Args:
        run_folder: `runs/<id>`: manifest and Parquet tables.
        warehouse_path: The published warehouse: names and vintages.
        target_folder: Where the two files go; files of an earlier report are replaced whole.

    Returns:
        Paths of the two files.

    Raises:
        NotFound: A table, the warehouse, or the vintage of a dataset is missing.
        ValidationFailed: A table lacks a column or has no rows for the school year.
    """
    document = sections.document(tables.read(run_folder, warehouse_path))
    target_folder.mkdir(parents=True, exist_ok=True)
    report = Report(target_folder / HTML, target_folder / XLSX)
    half = report.html.with_suffix(".html.part")
    half.write_text(render(document), encoding="utf-8")
    half.replace(report.html)
    half = report.xlsx.with_suffix(".xlsx.part")
    workbook.write(document, half)
    half.replace(report.xlsx)
    return report


def _unbroken(value: object) -> object:
    """Keep a number and its per cent sign on one line."""
    return value.replace(" %", f"{formats.SPACE}%") if type(value) is str else value


def render(document: Document, template: str = "report.html.j2") -> str:
    """A document as one HTML text: style and drawings inside, nothing fetched.

    Args:
        document: What it says.
        template: A child of `page.html.j2`.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_ROOM / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_unbroken,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (_ROOM / "style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template(template).render(
        document=document, style=style, digest=digest, xlsx=XLSX
    )
