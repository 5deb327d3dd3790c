"""Try every malformed answer, by hand and drawn, in whole nights too; count where each was stopped.

    python -m tests.corpus

Fails where one is refused without the name of its dataset, ends a night, or reaches a mart. What is
drawn changes a right answer anywhere, also into another answer that is as right as the first (a 4
for a 5): nobody can see that, and such are counted as `plausible`.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "forms"))
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from corpus_counts import STOPS, of_forms, of_sources
from corpus_spots import SPOTS


def table(found: Counter[tuple[str, str]]) -> str:
    """The counts, a line per protocol."""
    stops = [s for s in STOPS if any(stop == s for _, stop in found)]
    protocols = sorted({protocol for protocol, _ in found})
    rows = [[p, *(found[p, s] for s in stops)] for p in protocols]
    rows.append(["all", *(sum(found[p, s] for p in protocols) for s in stops)])
    head = f"{'protocol':<14}" + "".join(f"{s:>11}" for s in (*stops, "all"))
    lines = [
        f"{row[0]!s:<14}" + "".join(f"{n:>11}" for n in (*row[1:], sum(map(int, row[1:]))))
        for row in rows
    ]
    return "\n".join([head, *lines])


def main() -> int:
    """Print the table, and what is wrong."""
    cores = min(os.cpu_count() or 1, 4)
    # One protocol to a process: its answers share what is read of the right ones.
    protocols = sorted({spot.protocol for spot in SPOTS})
    parts = [
        [str(s) for s in SPOTS if s.protocol in protocols[core::cores]] for core in range(cores)
    ]
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(of_sources, part) for part in parts]
        waiting.append(pool.submit(of_forms))
        results = [future.result() for future in waiting]
    found = sum((counts for counts, _ in results), Counter[tuple[str, str]]())
    print(table(found))
    wrong = [line for _, lines in results for line in lines]
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
