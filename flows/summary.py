"""A night in words: for Prefect's page and for whoever ran it by hand."""

from __future__ import annotations

from tasks.night import Outcome


def night_summary(outcome: Outcome) -> str:
    """Markdown: what was published, what stands on older figures, and why."""
    fallen = [v for v in outcome.vintages if v.reason]
    lines = [
        f"# Natten {outcome.as_of:%d.%m.%Y}",
        "",
        f"{len(outcome.vintages)} datasett, {outcome.tables} tabeller publisert.",
    ]
    if fallen:
        lines += ["", "## Står på eldre tall", ""]
        lines += [f"- **{v.dataset}** ({v.kind}): {v.reason}" for v in fallen]
    if outcome.skipped:
        lines += ["", "## Ikke bygget", ""]
        lines += [f"- **{table}**: {why}" for table, why in sorted(outcome.skipped.items())]
    if outcome.findings:
        lines += ["", "## Åpne varsler", ""]
        lines += [
            f"- **{f.dataset}** ({f.kind}, {f.owner}), {f.nights}. natt: {f.reason}"
            for f in outcome.findings
        ]
    return "\n".join(lines)
