"""Reads all that a planner has declared of the forecast."""

from __future__ import annotations

from pathlib import Path

from tasks.forecast.declared import Declared
from tasks.labour_rules import read_labour_rules
from tasks.rules import read_flow_rules, read_rules, read_standards


def read_declared(folder: Path) -> Declared:
    """The rules of a folder, `data/reference/rules`.

    Raises:
        ConfigurationError: A file cannot be used.
    """
    rules = read_rules(folder)
    return Declared(
        rules, read_flow_rules(folder), read_labour_rules(folder, rules), read_standards(folder)
    )
