"""A home with a published warehouse that holds code lists and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from form_tools import Desk, published

from tasks.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path / "home", profile="demo")
    published(settings.rooms.warehouse)
    return settings


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return Desk(settings, tmp_path / "sent")
