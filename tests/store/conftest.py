"""A tiny installation: two delimited datasets over real HTTP, with SQL, suites and reference."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from store_tools import RunNight, Source, tiny_project

from tasks import locks, night
from tasks.settings import Project, Settings


@pytest.fixture
def source() -> Iterator[Source]:
    served = Source()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = served.files.get(self.path.strip("/"))
            self.send_response(200 if content is not None else served.missing)
            self.send_header("Content-Type", "text/csv")
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.address = f"http://127.0.0.1:{server.server_port}"
    served.files = {
        "places.csv": b"school;places\nA;30\nB;45\n",
        "pupils.csv": b"school;pupils\nA;28\nB;3\n",
    }
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield served
    server.shutdown()
    server.server_close()


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
        with locks.night_lock(settings.rooms.lock):
            begun = night.begin(settings, as_of, project)
            chosen = [dataset.id for dataset in begun.catalogue.select(datasets)]
            return night.build(begun, [night.take_in(begun, name) for name in chosen])

    return run
