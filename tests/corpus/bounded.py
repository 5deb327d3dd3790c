"""A process that lands and parses what it is told to, and may not take more memory than it has."""

from __future__ import annotations

import pickle
import resource
import sys
from pathlib import Path

from tasks import night
from tasks.errors import TilbudsplanError

ROOM = 700_000_000


def _size(key: str) -> int:
    """A size of this process in bytes, as the kernel tells it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    raise LookupError(key)


def main() -> None:
    """Read names of datasets, one a line; answer with the peak in bytes and the refusal, if any."""
    begun: night.Night = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301 - our own
    limited = False
    for line in sys.stdin:
        dataset = line.strip()
        if dataset == "limit":
            most = _size("VmSize") + ROOM
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
            limited = True
            print(_size("VmRSS"), flush=True)
            continue
        said = "lest"
        try:
            night.parse_landed(begun, dataset, night.land_dataset(begun, dataset))
        except TilbudsplanError as error:
            said = f"{type(error).__name__} {error}".replace("\n", " ")
        assert limited or said == "lest", said
        print(_size("VmHWM"), said, flush=True)


if __name__ == "__main__":
    main()
