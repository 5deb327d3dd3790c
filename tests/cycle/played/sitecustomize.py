"""A clock for played years: processes of a test read the day from a file that the test writes.

Python imports a module of this name at its start when it is on the path.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

if "PLAYED_DAY" in os.environ:
    from tasks import clock

    def _now() -> datetime:
        day = Path(os.environ["PLAYED_DAY"]).read_text(encoding="ascii").strip()
        return datetime.fromisoformat(f"{day}T10:00:00").replace(tzinfo=UTC)

    clock.now = _now
