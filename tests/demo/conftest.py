"""A server over the hand-made sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import handmade_sample
import pytest
import requests

from tasks.demo.server import Server, serve


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    handmade_sample.write(folder)
    return folder


@pytest.fixture
def server(sample: Path) -> Iterator[Server]:
    with serve(sample) as running:
        yield running


@pytest.fixture
def get(server: Server) -> Iterator[Callable[..., requests.Response]]:
    """GET a path of the server, without waiting for ever."""
    with requests.Session() as session:

        def fetch(
            path: str, accept: str = "application/json", **keywords: Any
        ) -> requests.Response:
            keywords.setdefault("timeout", 20)
            return session.get(server.url + path, headers={"Accept": accept}, **keywords)

        yield fetch
