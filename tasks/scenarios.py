"""Scenario files that planners edit: `data/reference/scenarios/*.toml`, read strictly."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.errors import ConfigurationError, WrongUse
from tasks.strict import checked, toml_document

if TYPE_CHECKING:
    from tasks.forecast.scenario import Scenario

FOLDER = "scenarios"


def read_scenarios(reference: Path) -> dict[str, Scenario]:
    """Every scenario of a project, by name of its file.

    Raises:
        ConfigurationError: Naming file, entry and what is wrong, all mistakes of all files at once.
    """
    from tasks.forecast.scenario import Scenario

    found: dict[str, Scenario] = {}
    problems: list[str] = []
    for path in sorted((reference / FOLDER).glob("*.toml")):
        document = toml_document(path, problems)
        if document is not None:
            named = {**document, "id": path.stem}
            if scenario := checked(named, Scenario, path.name, problems):
                found[path.stem] = scenario
    if problems:
        raise ConfigurationError(
            subject=str(reference / FOLDER),
            expected="scenarier som lar seg lese",
            got="; ".join(problems),
            remedy="rett filene som er nevnt; docs/scenarios.md sier hva som kan stå i dem",
        )
    return found


def chosen(reference: Path, names: Sequence[str]) -> list[Scenario]:
    """Some scenarios, in the order that they are asked for, each once.

    Raises:
        ConfigurationError: A file cannot be used.
        WrongUse: No file has the name.
    """
    known = read_scenarios(reference)
    for name in names:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            meant = f"; mente du «{close[0]}»?" if close else ""
            raise WrongUse(
                subject="--scenario",
                expected=f"et av scenariene {', '.join(known) or '(ingen)'}",
                got=repr(name),
                remedy=f"velg et av dem, eller skriv {FOLDER}/{name}.toml under {reference}{meant}",
            )
    return [known[name] for name in dict.fromkeys(names)]
