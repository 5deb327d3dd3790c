"""Count the malformed answers that are tried, by protocol and by where they were stopped.

    python -m tests.corpus [--nights]

Without `--nights`, what can be read and says something else than the right answer is counted as
`night`: whole nights tell the rest, at some seconds each.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import corpus_cases
import corpus_desk
import corpus_nights
from corpus_source import Case
from corpus_spots import SPOTS

NIGHT = "night"


def counted(desk: corpus_desk.Desk, *, nights: bool) -> Counter[tuple[str, str]]:
    """Malformed answers by protocol and stop, those that are drawn included, each once."""
    found: Counter[tuple[str, str]] = Counter()
    waiting: list[Case] = []
    seen: set[bytes] = set()

    def tell(case: Case) -> None:
        body = case.damage.change(desk.right_body(case.spot)) if case.damage.change else None
        if body is not None:
            if body in seen or body == desk.right_body(case.spot):
                return
            seen.add(body)
        stop = desk.tried(case).stop
        if stop is None:
            waiting.append(case)
        else:
            found[case.spot.protocol, stop] += 1

    for spot in SPOTS:
        for case in (*corpus_cases.by_hand(spot), *corpus_cases.on_the_way(spot)):
            tell(case)
        corpus_cases.for_each_drawn(spot, desk.right_body(spot), tell)
    if not nights:
        found.update((case.spot.protocol, NIGHT) for case in waiting)
        return found
    for result in corpus_nights.through_nights(desk, waiting):
        found[result.case.spot.protocol, result.stop] += 1
    return found


def table(found: Counter[tuple[str, str]]) -> str:
    """The counts, a line per protocol."""
    stops = [s for s in (*corpus_desk.STOPS, NIGHT) if any(stop == s for _, stop in found)]
    protocols = sorted({protocol for protocol, _ in found})
    rows = [[p, *(found[p, s] for s in stops)] for p in protocols]
    rows.append(["all", *(sum(found[p, s] for p in protocols) for s in stops)])
    head = f"{'protocol':<14}" + "".join(f"{s:>11}" for s in (*stops, "all"))
    lines = [
        f"{row[0]!s:<14}" + "".join(f"{n:>11}" for n in (*row[1:], sum(map(int, row[1:]))))
        for row in rows
    ]
    return "\n".join([head, *lines])


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, corpus_desk.desk(Path(folder)) as desk:
        print(table(counted(desk, nights="--nights" in sys.argv)))


if __name__ == "__main__":
    main()
