"""How figures and tables are shown on the page."""

from __future__ import annotations

from collections.abc import Sequence


def cell(value: object, digits: int = 1) -> str:
    """A figure as the page shows it."""
    if value is None:
        return "·"
    if isinstance(value, bool):
        return "holds" if value else "**does not hold**"
    if isinstance(value, float):
        shown = f"{value:.{digits}f}"
        return shown.removeprefix("-") if float(shown) == 0 else shown
    return str(value)


def rows(head: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(line) + " |" for line in lines),
    ]
