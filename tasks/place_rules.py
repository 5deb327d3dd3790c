"""Reads what a planner has declared of places."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.intake_rules import read_intake_file, rules_of
from tasks.rule_files import Classes
from tasks.rules import refused
from tasks.strict import read_toml, unconfirmed

if TYPE_CHECKING:
    from tasks.places.intake.types import IntakeRules
    from tasks.places.rules import PlaceRules, Principles


@dataclass(frozen=True)
class DeclaredPlaces:
    """The rules of places, and the principles that reasons cite.

    Attributes:
        rules: `places.toml`.
        intake: `intake.toml`: long ways are the same in the plan and the intake.
        principles: `prinsipper.toml`.
        minimum_fill: Share of a class that must be filled before it starts.
        vocational_class: Pupils in a full class on vocational areas.
        general_class: Pupils in a full class on the others and on påbygging.
        class_step: 0.5 where half classes are allowed.
        unconfirmed: File, entry and source of what nobody has confirmed of all this.
    """

    rules: PlaceRules
    intake: IntakeRules
    principles: Principles
    minimum_fill: float
    vocational_class: int
    general_class: int
    class_step: float
    unconfirmed: tuple[tuple[str, str, str], ...]

    def told(self) -> dict[str, Any]:
        """What a plan's manifest says of them: `rules`, `principles` and `classes`."""
        return {
            "rules": self.rules.model_dump(mode="json"),
            "principles": self.principles.model_dump(mode="json"),
            "classes": {
                "minimum_fill": self.minimum_fill,
                "vocational": self.vocational_class,
                "general": self.general_class,
                "step": self.class_step,
            },
        }


def read_place_rules(reference: Path) -> DeclaredPlaces:
    """Read `places.toml`, `classes.toml` and `intake.toml` under `rules/`, and `prinsipper.toml`.

    Raises:
        ConfigurationError: Naming file, entry and what is wrong, all mistakes at once.
    """
    from tasks.places.rules import PlaceRules, Principles

    problems: list[str] = []
    rules = read_toml(reference / "rules" / "places.toml", PlaceRules, problems)
    classes = read_toml(reference / "rules" / "classes.toml", Classes, problems)
    principles = read_toml(reference / "prinsipper.toml", Principles, problems)
    if not (rules and classes and principles):
        raise refused(reference, "gyldige regler for plasser", problems)
    intake = read_intake_file(reference / "rules")
    files = {"places": rules, "classes": classes, "intake": intake, "prinsipper": principles}
    return DeclaredPlaces(
        rules,
        rules_of(intake),
        principles,
        classes.minimum_fill.value,
        classes.vocational_class_size.value,
        classes.general_class_size.value,
        classes.class_step.value,
        tuple(
            (f"{name}.toml", *told) for name, file in files.items() for told in unconfirmed(file)
        ),
    )
