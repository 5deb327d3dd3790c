"""One lab for all tests of survival in a process."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Lab, lab


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(tmp_path_factory.mktemp("lab")) as made:
        yield made
        # Each process of a soak leaves what it counted where `soak.py` asks for it.
        if folder := os.environ.get("SOAK_COUNTS"):
            file = Path(folder) / f"{os.getpid()}.json"
            file.write_text(json.dumps(made.counts), encoding="utf-8")
