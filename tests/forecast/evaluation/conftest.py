from __future__ import annotations

import polars as pl
import pytest
from evaluation_tools import made_up_pairs


@pytest.fixture
def pairs() -> pl.DataFrame:
    return made_up_pairs(1)
