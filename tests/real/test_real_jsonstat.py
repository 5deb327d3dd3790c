"""A recorded PxWebApi v2 answer: table 03024, export of salmon, 2025 by week."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tasks.sources import jsonstat


@pytest.fixture(scope="module")
def cube(real: Path) -> jsonstat.Cube:
    return jsonstat.decode((real / "ssb" / "v2_data_03024_laks_nor.json").read_bytes())


def test_the_recorded_answer_gives_its_rows(cube: jsonstat.Cube) -> None:
    rows = jsonstat.frame(cube)
    assert rows.columns == ["VareGrupper2", "ContentsCode", "Tid", "value", "status"]
    assert rows.height == 2 * 2 * 48
    assert rows["value"].null_count() == 0
    assert rows["status"].null_count() == rows.height
    plain = rows.with_columns(pl.col(pl.Enum).cast(pl.String))
    assert plain.row(0) == ("01", "Vekt", "2025U01", 11364.0, None)
    assert plain.row(-1) == ("02", "Kilopris", "2025U48", 77.24, None)
    frozen = plain.filter(
        (pl.col("VareGrupper2") == "02")
        & (pl.col("ContentsCode") == "Kilopris")
        & (pl.col("Tid") == "2025U45")
    )
    assert frozen["value"].item() == 78.16


def test_the_recorded_head_tells_units_and_time(cube: jsonstat.Cube) -> None:
    contents = cube.head.dimensions[1]
    assert contents.units == ("tonn", "kr")
    assert contents.decimals == (0, 2)
    assert not contents.elimination
    assert cube.head.time == ("Tid",)
    assert cube.head.updated == datetime(2025, 12, 3, 7, tzinfo=UTC)
    assert cube.head.notes == ()
