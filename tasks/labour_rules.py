"""The planner's rules of the labour market, read strictly, mistakes shown together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tasks.errors import ConfigurationError
from tasks.forecast.firmness import CONFIDENCE
from tasks.forecast.labour.types import LabourRules, Service
from tasks.forecast.types import Rules
from tasks.rules import _document, _is_number, _number

# Field of `LabourRules`: entry of labour.toml, least and greatest value, whole number.
_NUMBERS: dict[str, tuple[float, float, bool]] = {
    "trend_years": (2, 30, True),
    "damping": (0, 1, False),
    "replacement_years": (1, 20, True),
    "replacement_cap": (0, 1, False),
    "retirement_age": (40, 74, True),
    "survey_interval": (0.5, 0.999, False),
    "normal_years": (1, 40, True),
    "waterfall_min": (0, 1e5, False),
    "reach_share": (0, 1, False),
    "tightness_window": (1, 20, True),
}
_LIMITS = ("very_good", "good", "fair", "moderate")
_YEARS = {
    "lead_years": ("vocational", "vocational_vg2", "general", "vocational_college"),
    "completion_years": ("vocational", "vocational_vg2"),
}


def read_labour_rules(folder: Path, rules: Rules) -> LabourRules:
    """Read `labour.toml`, `age_use.toml` and `nav_groups.toml`.

    Args:
        folder: `data/reference/rules`.
        rules: Gives certainty and the weights of the population alternatives.

    Raises:
        ConfigurationError: Naming file, entry and what is wrong, all mistakes at once.
    """
    problems: list[str] = []
    labour, ages, nav = (
        _document(folder / f"{name}.toml", problems) for name in ("labour", "age_use", "nav_groups")
    )
    values: dict[str, Any] = {
        field: _number(labour, f"labour.toml [{field}]", field, list(limits), problems)
        for field, limits in _NUMBERS.items()
    }
    limits = tuple(labour.get("tightness_limits", {}).get(name) for name in _LIMITS)
    if not all(_is_number(v) for v in limits) or list(limits) != sorted(set(limits)):
        problems.append(f"labour.toml [tightness_limits]: {limits}, ventet fire stigende tall")
    values |= {entry: _years(labour, entry, problems) for entry in _YEARS}
    services = tuple(_service(name, entry, problems) for name, entry in ages.items())
    groups = {k: tuple(v) for k, v in nav.get("groups", {}).items()}
    if not groups or nav.get("confidence") not in CONFIDENCE:
        problems.append("nav_groups.toml: ventet [groups] og en kjent «confidence»")
    if problems:
        raise ConfigurationError(
            subject=str(folder),
            expected="gyldige regler for arbeidslivets behov",
            got="; ".join(problems),
            remedy="rett tallene i filene som er nevnt",
        )
    return LabourRules(
        tightness_limits=limits,
        certainty=rules.certainty,
        projection_weights=rules.projection_weights,
        services=tuple(s for s in services if s is not None),
        nav_groups=groups,
        nav_confidence=nav["confidence"],
        **values,
    )


def _years(labour: dict[str, Any], entry: str, problems: list[str]) -> dict[str, Any]:
    """Whole years by what one begins on."""
    years = {name: labour.get(entry, {}).get(name) for name in _YEARS[entry]}
    if not all(isinstance(v, int) and 0 < v < 12 for v in years.values()):
        problems.append(f"labour.toml [{entry}]: {years}, ventet hele år fra 1 til 11")
    return years


def _service(name: str, entry: Any, problems: list[str]) -> Service | None:
    label = f"age_use.toml [{name}]"
    if not isinstance(entry, dict):
        problems.append(f"{label}: ventet en tabell")
        return None
    first, use = entry.get("from", []), entry.get("use", [])
    rising = bool(first) and first[0] == 0 and first == sorted(set(first))
    numbers = all(_is_number(v) and v >= 0 for v in [*use, entry.get("weight")])
    if not rising or len(first) != len(use) or not numbers or not any(use):
        problems.append(f"{label}: ventet «from» stigende fra 0, like mange «use», og «weight»")
        return None
    if not isinstance(entry.get("industry"), str) or entry.get("confidence") not in CONFIDENCE:
        problems.append(f"{label}: ventet «industry» som tekst og en kjent «confidence»")
        return None
    return Service(
        name,
        entry["industry"],
        float(entry["weight"]),
        tuple(first),
        tuple(use),
        entry["confidence"],
    )
