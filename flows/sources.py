"""Where a night's sources are: the live ones, or the bundled server started for the occasion."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tasks.demo import server
from tasks.settings import Settings


@contextmanager
def source_server(settings: Settings) -> Iterator[Settings]:
    """Settings whose sources answer while the block lasts.

    The profile `live` and a server that is named already are left alone; otherwise the bundled
    server runs as a process of its own, so that it does not share the night's interpreter lock.
    """
    if settings.profile == "live" or settings.source_server:
        yield settings
        return
    with server.start_process() as address:
        yield settings.model_copy(update={"source_server": address})
