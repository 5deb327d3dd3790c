"""A tiny installation: two delimited datasets over real HTTP, with SQL, suites and reference."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from store_tools import RunNight, Source, served, tiny_project, whole_night

from tasks import night
from tasks.settings import Project, Settings


@pytest.fixture
def source() -> Iterator[Source]:
    with served() as source:
        yield source


@pytest.fixture
def project(tmp_path: Path, source: Source) -> Project:
    return tiny_project(tmp_path / "project", source.address)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def run_night(settings: Settings, project: Project) -> RunNight:
    """One whole night as a flow runs it; names of datasets limit what is fetched."""

    def run(as_of: date = date(2026, 11, 20), datasets: tuple[str, ...] = ()) -> night.Outcome:
        return whole_night(settings, project, as_of, datasets)

    return run
