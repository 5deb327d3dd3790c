"""Kill nights at every point, fill disks of every size, try every malformed answer; count it.

    python -m tests.survival.soak

Writes what was measured into `docs/reliability.md`, between the markers. A run that finds a
difference fails, and the page tells of it.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = CHECKOUT / "docs" / "reliability.md"
BEGIN, END = "<!-- soak: written by make soak -->", "<!-- soak: end -->"
# Stages as the page calls them; those of `killing.STAGES` and the time between them.
STAGES = {
    "start": "before it begins",
    "begin": "begin: look, sweep, land the rules",
    "look": "finish what was begun",
    "hear": "hear people",
    "land": "fetch and land",
    "parse": "parse",
    "load": "load",
    "stage": "stage and join",
    "validate": "validate",
    "audit": "account",
    "built": "journal what was built",
    "copy": "copy out",
    "findings": "findings and mails journalled",
    "announce": "journal what is published",
    "publish": "publish",
    "retention": "retention",
    "mails": "send mails",
    "between": "between two stages",
}


def main() -> int:
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        passed, last = _tests(Path(folder))
        counts = _together(Path(folder))
    corpus, tried = _corpus()
    seconds = time.monotonic() - begun
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(between(text, report(counts, corpus, last, seconds)), encoding="utf-8")
    print(last)
    print(f"{PAGE.relative_to(CHECKOUT)} is written; {seconds:.0f} seconds")
    return 0 if passed and tried and not counts["differences"] else 1


def between(page: str, text: str) -> str:
    """The page with a text between its markers."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{text}\n{END}{tail}"


def report(counts: Counter[str], corpus: str, last: str, seconds: float) -> str:
    """What was measured, as Markdown."""
    measured = [
        ("Nights run", counts["nights"]),
        ("Nights killed (SIGKILL)", counts["kills"]),
        ("… at a chosen point, before, after or in the middle of an operation", counts["points"]),
        ("… at a random moment", counts["moments"]),
        ("Sizes of disk", counts["disk sizes"]),
        ("Nights that met a full disk", counts["disk full"]),
        ("Reads of a published file meanwhile", counts["reads"]),
        ("Homes compared with one that was never killed", counts["comparisons"]),
        ("Differences found", counts["differences"]),
    ]
    return "\n".join(
        [
            f"Measured {datetime.now(UTC):%Y-%m-%d} on {os.cpu_count()} cores "
            f"({platform.machine()}, Python {platform.python_version()}) in {seconds:.0f} seconds.",
            f"Tests: {last}.",
            "",
            *_table(("what", "number"), measured),
            "",
            "Kills and full disks by the stage that the night was in:",
            "",
            *_table(
                ("stage", "killed", "disk full"),
                [
                    (name, counts[f"killed in {stage}"], counts[f"disk full in {stage}"])
                    for stage, name in STAGES.items()
                ],
            ),
            "",
            "Malformed answers by protocol, and where each was stopped:",
            "",
            "```text",
            corpus.rstrip(),
            "```",
            "",
        ]
    )


def _tests(folder: Path) -> tuple[bool, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "soak", "-n", "2", "tests/survival"],
        cwd=CHECKOUT,
        env={**os.environ, "SOAK_COUNTS": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    said = done.stdout.strip().splitlines()
    if done.returncode:
        print(done.stdout)
    last = re.sub(r"\s+in [\d.]+s.*", "", said[-1] if said else "no tests ran")
    return done.returncode == 0, last


def _together(folder: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    for file in folder.glob("*.json"):
        counts.update(json.loads(file.read_text(encoding="utf-8")))
    return counts


def _corpus() -> tuple[str, bool]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.corpus"],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.stdout, done.returncode == 0


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> list[str]:
    lines = [head, tuple("---" if n == 0 else "---:" for n in range(len(head))), *rows]
    return [f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines]


def _cell(cell: object) -> str:
    return f"{cell:,}".replace(",", " ") if isinstance(cell, int) else str(cell)


if __name__ == "__main__":
    sys.exit(main())
