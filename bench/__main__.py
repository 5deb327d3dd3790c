"""Runs every bench of this folder and prints one table: ours, the peer, the ratio, the limit.

Each module offers `run() -> list[dict]` with `case`, `ours`, `peer`, `ratio`, `limit` and `ok`.
Timings on a busy machine are noisy: medians of five and ratios within one run are what counts.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

COLUMNS = ("case", "ours", "peer", "ratio", "limit", "ok")


def main() -> int:
    modules = sorted(p.stem for p in Path(__file__).parent.glob("[a-z]*.py"))
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("module", nargs="*", help=f"which (default: all): {', '.join(modules)}")
    chosen = parser.parse_args().module or modules
    rows = []
    for name in chosen:
        print(f"{name} …", file=sys.stderr)
        rows += importlib.import_module(f"bench.{name}").run()
    texts = [[text(row.get(column)) for column in COLUMNS] for row in rows]
    widths = [max(map(len, column)) for column in zip(COLUMNS, *texts, strict=True)]
    for line in [list(COLUMNS), ["-" * w for w in widths], *texts]:
        print("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip())
    return 0 if all(row["ok"] for row in rows) else 1


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
