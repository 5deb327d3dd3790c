"""Runs every bench of this folder, a table for all: ours, the peer, the ratio, the limit.

Each module offers `run() -> list[dict]` with `case`, `ours`, `peer`, `ratio`, `limit` and `ok`; its
lines are printed as soon as it is done. A module takes two minutes at most on two idle cores.
Timings on a busy machine are noisy: medians and ratios within one run are what counts.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Iterable
from pathlib import Path

# What is measured stands last, since it is of any length.
COLUMNS = {"ours": 10, "peer": 10, "ratio": 8, "limit": 26, "ok": 3, "case": 0}


def main() -> int:
    modules = sorted(p.stem for p in Path(__file__).parent.glob("[a-z]*.py"))
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("module", nargs="*", help=f"which (default: all): {', '.join(modules)}")
    chosen = parser.parse_args().module or modules
    if unknown := sorted(set(chosen) - set(modules)):
        parser.error(f"no bench {', '.join(unknown)}; there are {', '.join(modules)}")
    show(COLUMNS)
    show("-" * (width or 4) for width in COLUMNS.values())
    kept = True
    for name in chosen:
        start = time.perf_counter()
        for row in importlib.import_module(f"bench.{name}").run():
            show(text(row.get(column)) for column in COLUMNS)
            kept = kept and bool(row["ok"])
        print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    return 0 if kept else 1


def show(cells: Iterable[str]) -> None:
    line = (cell.ljust(width) for cell, width in zip(cells, COLUMNS.values(), strict=True))
    print("  ".join(line).rstrip(), flush=True)


def text(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "NO"
        case float():
            return f"{value:.3g}"
        case None:
            return ""
        case _:
            return str(value)


if __name__ == "__main__":
    sys.exit(main())
