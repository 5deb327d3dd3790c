"""One installation for all damaged answers."""

from __future__ import annotations

from collections.abc import Iterator

import corpus_desk
import pytest


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[corpus_desk.Desk]:
    with corpus_desk.desk(tmp_path_factory.mktemp("corpus")) as made:
        yield made
