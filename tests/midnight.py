"""A plugin that lets Oslo midnight pass between what a test stands on and the test itself.

    pytest -p tests.midnight tests/flows tests/said

Fixtures and collection see today, the body of each test tomorrow, by the project's clock
(`tasks.clock`). A test that fails under it and not without it fails one night in the year's runs.
Processes that a test starts keep the machine's clock.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime, timedelta

import pytest

from tasks import clock

_machine = clock.now
_ahead = timedelta()


def _now() -> datetime:
    return _machine() + _ahead


clock.now = _now


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    global _ahead
    _ahead = timedelta(days=1)
    try:
        return (yield)
    finally:
        _ahead = timedelta()
