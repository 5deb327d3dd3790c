"""What changes a sample night, or asks the commands about it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flow_tools import Ask, Said

from flows import cli
from tasks.settings import CHECKOUT


@pytest.fixture
def copy_of_night(night_home: Path, tmp_path: Path) -> Callable[[], Path]:
    """Gives a copy of the night's home that a test may change."""

    def copy() -> Path:
        home = tmp_path / "copy"
        shutil.copytree(night_home, home)
        return home

    return copy


@pytest.fixture
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TILBUDSPLAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(tmp_path / "empty"))
    monkeypatch.chdir(CHECKOUT)


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    def run(*arguments: str) -> Said:
        capsys.readouterr()
        code = cli.run(list(arguments))
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def in_night(night_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(night_home))
    monkeypatch.setenv("TILBUDSPLAN_PROFILE", "demo")
    return night_home
