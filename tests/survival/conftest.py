"""One lab for all tests of survival in a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lab import Lab, lab


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(tmp_path_factory.mktemp("lab")) as made:
        yield made
