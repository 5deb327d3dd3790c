"""A home with one sample night in it, shared by all tests that only read it."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("any_machine", deadline=None)
hypothesis.settings.load_profile("any_machine")


@pytest.fixture(scope="session")
def night_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One whole night on the sample; to be read only."""
    # Imported here: most tests have no night.
    from flow_tools import one_night, settings_of

    from tasks.demo.server import serve

    home = tmp_path_factory.mktemp("night") / "home"
    with serve() as server:
        outcome = one_night(settings_of(home, server))
    assert not outcome.skipped
    return home
