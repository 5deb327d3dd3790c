"""The planner's rules: `data/reference/rules/*.toml`, read strictly, mistakes shown together."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.errors import ConfigurationError

if TYPE_CHECKING:
    from tasks.forecast.evaluation.standards import Standards
    from tasks.forecast.flow.types import FlowRules
    from tasks.forecast.types import Rules

# Field of `Rules`: file, entry, key, least and greatest value, whole number.
_NUMBERS: dict[str, tuple[str, str, float, float, bool]] = {
    "certainty": ("thresholds", "certainty", 0.5, 1.0, False),
    "balance_band": ("thresholds", "balance_band", 0.0, 1.0, False),
    "vocational_class": ("classes", "vocational_class_size", 1, 60, True),
    "general_class": ("classes", "general_class_size", 1, 60, True),
    "class_step": ("classes", "class_step", 0.5, 1, False),
    "mean_years": ("forecast", "mean_years", 1, 20, True),
    "kappa": ("forecast", "kappa", 0, 1e6, False),
}
_ALTERNATIVES = ("main", "low", "high")


def read_rules(folder: Path) -> Rules:
    """Read the rules that the forecast is held to.

    Raises:
        ConfigurationError: Naming file, entry and what is wrong, all mistakes at once.
    """
    from tasks.forecast.types import Rules

    problems: list[str] = []
    files = {name: _document(folder / f"{name}.toml", problems) for name in _files()}
    values: dict[str, Any] = {
        field: _number(files[file], f"{file}.toml [{entry}]", entry, limits, problems)
        for field, (file, entry, *limits) in _NUMBERS.items()
    }
    weights = files["thresholds"].get("projection_weights", {})
    chosen = tuple(weights.get(a) for a in _ALTERNATIVES)
    shares = [w for w in chosen if _is_number(w) and 0 <= w <= 1]
    if len(shares) != len(chosen) or abs(sum(shares) - 1) > 1e-9:
        problems.append(
            f"thresholds.toml [projection_weights]: {chosen}, ventet tre andeler, sum 1"
        )
    ages = files["thresholds"].get("age_groups", {})
    cohort, entry = (_ages(ages.get(key), key, problems) for key in ("cohort", "entry"))
    if problems:
        raise ConfigurationError(
            subject=str(folder),
            expected="gyldige regler",
            got="; ".join(problems),
            remedy="rett tallene i filene som er nevnt",
        )
    return Rules(projection_weights=chosen, cohort_ages=cohort, entry_age=entry[0], **values)


def read_standards(folder: Path) -> Standards:
    """Read what forecasts are tested by, `evaluation.toml`.

    Raises:
        ConfigurationError: Naming entry and what is wrong, all mistakes at once.
    """
    from tasks.forecast.evaluation.conformal import Acceptance
    from tasks.forecast.evaluation.standards import Standards

    problems: list[str] = []
    document = _document(folder / "evaluation.toml", problems)

    def number(entry: str, key: str, low: float, high: float, *, whole: bool = False) -> Any:
        one = {key: {"value": document.get(entry, {}).get(key)}}
        label = f"evaluation.toml [{entry}] {key}"
        return _number(one, label, key, [low, high, whole], problems)

    standards = Standards(
        least_outcomes=number("least_outcomes", "value", 1, 1000, whole=True),
        coverage=Acceptance(
            number("coverage", "low", 0, 0.8),
            number("coverage", "high", 0.8, 1),
            number("coverage", "outcomes", 1, 1e6, whole=True),
        ),
        size_bounds=_rising(document, "size_classes", 0, 1e9, problems),
        damping=_rising(document, "damping", 0, 1, problems),
        gates={h: number("gates", f"horizon_{h}", 0, 100) for h in (1, 3, 5)},
        bias=number("gates", "bias", 0, 100),
    )
    if problems:
        raise ConfigurationError(
            subject=str(folder),
            expected="gyldige regler",
            got="; ".join(problems),
            remedy="rett tallene i filen som er nevnt",
        )
    return standards


def _rising(
    document: dict[str, Any], entry: str, low: float, high: float, problems: list[str]
) -> tuple[float, ...]:
    found = document.get(entry, {}).get("value")
    if (
        isinstance(found, list)
        and found
        and all(_is_number(v) and low <= v <= high for v in found)
        and sorted(set(found)) == found
    ):
        return tuple(float(v) for v in found)
    problems.append(
        f"evaluation.toml [{entry}] value: {found!r}, ventet stigende tall fra {low:g} til {high:g}"
    )
    return ()


# Assumption of `FlowRules`: its shares, and whether they are everything that can happen.
_SHARES: dict[str, tuple[tuple[str, ...], bool]] = {
    "unplaced": (("school", "paabygg", "out"), True),
    "out_of_school": (("out",), False),
    "school_vg3": (("completed", "out"), True),
    "adult_modules": (("left",), False),
    "college": (("completed", "left"), False),
    "participation": (("share",), False),
    "stay_in_region": (("share",), False),
}


def read_flow_rules(folder: Path) -> FlowRules:
    """Read what the student flow is held to (`flow.toml`).

    Raises:
        ConfigurationError: Naming entry and what is wrong, all mistakes at once.
    """
    from tasks.forecast.flow.types import Assumption, FlowRules

    problems: list[str] = []
    document = _document(folder / "flow.toml", problems)
    years = _number(document, "flow.toml [flow_years]", "flow_years", [1, 20, True], problems)
    straight = _number(
        document, "flow.toml [straight_to_vg1]", "straight_to_vg1", [0.5, 1, False], problems
    )
    persons = _number(document, "flow.toml [calibration]", "calibration", [1, 1e6, False], problems)
    bounds = document.get("kappa_bounds", {})
    low, high = bounds.get("low"), bounds.get("high")
    if not (_is_number(low) and _is_number(high) and 0 < low < high):
        problems.append(f"flow.toml [kappa_bounds]: {low!r} og {high!r}, ventet 0 < low < high")
    training = _whole_years(document, "training_years", problems)
    longer = _whole_years(document, "longer_training", problems)
    read = {
        name: _shares(document.get(name, {}), f"flow.toml [{name}]", *how, problems)
        for name, how in _SHARES.items()
    }
    missing = {"laerling", "laerekandidat", "praksisbrev"} - training.keys()
    if missing:
        problems.append(f"flow.toml [training_years]: {', '.join(sorted(missing))} mangler")
    if problems:
        raise ConfigurationError(
            subject=str(folder),
            expected="gyldige regler for elevstrømmen",
            got="; ".join(problems),
            remedy="rett tallene i filen som er nevnt",
        )
    assumptions = {name: Assumption(*values) for name, values in read.items()}
    return FlowRules(years, low, high, persons, training, longer, straight, **assumptions)


def _whole_years(document: dict[str, Any], entry: str, problems: list[str]) -> dict[str, int]:
    texts = {"unit", "source", "confidence"}
    years = {k: v for k, v in document.get(entry, {}).items() if k not in texts}
    wrong = [f"{k} = {v!r}" for k, v in years.items() if not isinstance(v, int) or not 1 <= v <= 6]
    if wrong:
        problems.append(f"flow.toml [{entry}]: {', '.join(wrong)}, ventet hele år fra 1 til 6")
    return years


def _shares(
    table: dict[str, Any], label: str, names: tuple[str, ...], whole: bool, problems: list[str]
) -> tuple[dict[str, float], float]:
    values: dict[str, Any] = {name: table.get(name) for name in names}
    persons: Any = table.get("persons")
    shares = [v for v in values.values() if _is_number(v) and 0 <= v <= 1]
    total = sum(shares)
    right = len(shares) == len(names) and (abs(total - 1) < 1e-9 if whole else total <= 1)
    if not right:
        problems.append(f"{label}: {values}, ventet andeler, sum {'1' if whole else 'høyst 1'}")
    if not _is_number(persons) or not 1 <= persons <= 1e6:
        problems.append(f"{label} persons: {persons!r}, ventet et tall fra 1 til 1 000 000")
    return {k: v for k, v in values.items() if v is not None}, persons or 0.0


def _files() -> tuple[str, ...]:
    return tuple(dict.fromkeys(file for file, *_ in _NUMBERS.values()))


def _document(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problems.append(f"{path.name}: finnes ikke")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path.name}: kan ikke leses som TOML ({error})")
    return {}


def _number(
    document: dict[str, Any],
    label: str,
    entry: str,
    limits: list[Any],
    problems: list[str],
) -> Any:
    low, high, whole = limits
    value = document.get(entry, {}).get("value")
    kind = "heltall" if whole else "tall"
    if not _is_number(value) or (whole and not isinstance(value, int)) or not low <= value <= high:
        problems.append(f"{label} value: {value!r}, ventet et {kind} fra {low:g} til {high:g}")
    return value


def _ages(value: Any, key: str, problems: list[str]) -> tuple[int, int]:
    if (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(v, int) for v in value)
        and 0 < value[0] <= value[1] < 106
    ):
        return value[0], value[1]
    problems.append(f"thresholds.toml [age_groups] {key}: {value!r}, ventet [fra, til]")
    return 0, 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
