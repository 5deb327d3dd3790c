"""The planner's rules: `data/reference/rules/*.toml`, read strictly, mistakes shown together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tasks.errors import ConfigurationError
from tasks.rule_files import Classes, Evaluation, Flow, ForecastFile, Shares, Thresholds
from tasks.strict import Declared, read_toml

if TYPE_CHECKING:
    from tasks.forecast.evaluation.standards import Standards
    from tasks.forecast.flow.types import Assumption, FlowRules
    from tasks.forecast.types import Rules


def read_rules(folder: Path) -> Rules:
    """Read the rules that the forecast is held to.

    Raises:
        ConfigurationError: Naming file, entry and what is wrong, all mistakes at once.
    """
    from tasks.forecast.types import Rules

    problems: list[str] = []
    thresholds = read_toml(folder / "thresholds.toml", Thresholds, problems)
    classes = read_toml(folder / "classes.toml", Classes, problems)
    forecast = read_toml(folder / "forecast.toml", ForecastFile, problems)
    if not (thresholds and classes and forecast):
        raise refused(folder, "gyldige regler", problems)
    weights = thresholds.projection_weights
    return Rules(
        certainty=thresholds.certainty.value,
        balance_band=thresholds.balance_band.value,
        projection_weights=(weights.main, weights.low, weights.high),
        cohort_ages=thresholds.age_groups.cohort,
        entry_age=thresholds.age_groups.entry[0],
        vocational_class=classes.vocational_class_size.value,
        general_class=classes.general_class_size.value,
        class_step=classes.class_step.value,
        mean_years=forecast.mean_years.value,
        kappa=forecast.kappa.value,
    )


def read_standards(folder: Path) -> Standards:
    """Read what forecasts are tested by: `evaluation.toml`, and `certainty` of `thresholds.toml`.

    Raises:
        ConfigurationError: Naming entry and what is wrong, all mistakes at once.
    """
    from tasks.forecast.evaluation.classes import Change
    from tasks.forecast.evaluation.conformal import Acceptance
    from tasks.forecast.evaluation.standards import Standards

    problems: list[str] = []
    found = read_toml(folder / "evaluation.toml", Evaluation, problems)
    thresholds = read_toml(folder / "thresholds.toml", Thresholds, problems)
    if not (found and thresholds):
        raise refused(folder, "gyldige regler", problems)
    coverage, gates = found.coverage, found.gates
    return Standards(
        least_outcomes=found.least_outcomes.value,
        coverage=Acceptance(coverage.low, coverage.high, coverage.outcomes),
        size_bounds=found.size_classes.value,
        nominal_years=found.nominal_years.value,
        change=Change(found.change_band.value, thresholds.certainty.value),
        damping=found.damping.value,
        gates={1: gates.horizon_1, 3: gates.horizon_3, 5: gates.horizon_5},
        bias=gates.bias,
    )


def read_flow_rules(folder: Path) -> FlowRules:
    """Read what the student flow is held to (`flow.toml`).

    Raises:
        ConfigurationError: Naming entry and what is wrong, all mistakes at once.
    """
    from tasks.forecast.flow.types import FlowRules

    problems: list[str] = []
    found = read_toml(folder / "flow.toml", Flow, problems)
    if not found:
        raise refused(folder, "gyldige regler for elevstrømmen", problems)
    return FlowRules(
        years=found.flow_years.value,
        kappa_floor=found.kappa_bounds.low,
        kappa_ceiling=found.kappa_bounds.high,
        calibration=found.calibration.value,
        training_years=found.training_years.model_dump(exclude={*Declared.model_fields}),
        longer_training=dict(found.longer_training.model_extra or {}),
        straight=found.straight_to_vg1.value,
        unplaced=_assumption(found.unplaced),
        out_of_school=_assumption(found.out_of_school),
        school_vg3=_assumption(found.school_vg3),
        adult_modules=_assumption(found.adult_modules),
        college=_assumption(found.college),
        participation=_assumption(found.participation),
        stay_in_region=_assumption(found.stay_in_region),
    )


def refused(folder: Path, expected: str, problems: list[str]) -> ConfigurationError:
    """The refusal of rules, with all that is wrong with them."""
    return ConfigurationError(
        subject=str(folder),
        expected=expected,
        got="; ".join(problems),
        remedy="rett filene som er nevnt",
    )


def _assumption(found: Shares) -> Assumption:
    from tasks.forecast.flow.types import Assumption

    return Assumption(found.shares, found.persons)
