from __future__ import annotations

import pytest
from flow_county import make

from tasks.forecast.flow.model import Model


@pytest.fixture(scope="session")
def county() -> Model:
    return make()
