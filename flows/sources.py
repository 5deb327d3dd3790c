"""Where a night hears from: live sources or the bundled server, and what people sent in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tasks.demo import said, server
from tasks.forms import inbox
from tasks.journal import Journal
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


def hear(settings: Settings) -> None:
    """Take what people have sent in, so that the night knows of it.

    A home that runs on the sample hears what is said there, once.
    """
    if settings.profile != "live":
        said.lay(Journal(settings.rooms.journal))
    inbox.take_inbox(settings)
