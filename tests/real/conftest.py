"""Recorded answers of public sources, kept beside the checkout and not in it."""

from __future__ import annotations

from pathlib import Path

import pytest

RECORDED = Path(__file__).resolve().parents[2].parent / "shared" / "real"


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of recorded files, or a skip that says what is missing."""
    if not (RECORDED / "SOURCES.md").is_file():
        pytest.skip(
            "recorded files are not beside this checkout (../shared/real): "
            "the parsers were NOT tried on real answers"
        )
    return RECORDED
