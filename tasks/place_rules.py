"""Reads what a planner has declared of places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from tasks.errors import ConfigurationError
from tasks.intake_rules import read_intake_file, rules_of
from tasks.rule_files import Classes
from tasks.rules import refused
from tasks.strict import norwegian, read_toml, unconfirmed

if TYPE_CHECKING:
    from tasks.places.intake.types import IntakeRules
    from tasks.places.rules import GoalRule, PlaceRules, Principles


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
        """What a plan's manifest says of them; `declared_of` reads it back."""
        return {
            "rules": self.rules.model_dump(mode="json"),
            "intake": asdict(self.intake),
            "principles": self.principles.model_dump(mode="json"),
            "classes": {
                "minimum_fill": self.minimum_fill,
                "vocational": self.vocational_class,
                "general": self.general_class,
                "step": self.class_step,
            },
            "unconfirmed": self.unconfirmed,
        }

    def ordered(self, goals: Sequence[str], reason: str) -> DeclaredPlaces:
        """With goals in another order than the file's; those not named come after, as they stand.

        Args:
            goals: Ids, the most important first.
            reason: Why first choices go above need, where they do.

        Raises:
            ConfigurationError: A goal has no scale in the file, or § 5-3 asks for a reason.
        """
        from tasks.places.rules import PlaceRules

        declared: dict[str, GoalRule] = {goal.id: goal for goal in self.rules.goal}
        if lacking := sorted(set(goals) - set(declared)):
            raise ConfigurationError(
                subject="rules/places.toml",
                expected=f"målestokk for alle målene i rekkefølgen {', '.join(goals)}",
                got=f"ingen [[goal]] for {', '.join(lacking)}",
                remedy="før målet med «scale» og «unit» i filen, og prøv på nytt",
            )
        order = [*goals, *(goal for goal in declared if goal not in goals)]
        changed = {
            "goal": tuple(declared[goal] for goal in order),
            "reason": reason if "forstevalg" in goals else self.rules.reason,
        }
        try:
            rules = PlaceRules.model_validate({**dict(self.rules), **changed})
        except ValidationError as error:
            raise ConfigurationError(
                subject="rekkefølgen på målene",
                expected="en som opplæringslova § 5-3 tillater",
                got="; ".join(norwegian(one) for one in error.errors()),
                remedy="sett rekkefølgen på nytt, med begrunnelse",
            ) from error
        return replace(self, rules=rules)


def declared_of(manifest: Mapping[str, Any]) -> DeclaredPlaces:
    """What a plan was made under, as its manifest says: whatever the files say today.

    Raises:
        ConfigurationError: The plan is of a version that did not write all of it, or wrote it
            otherwise.
    """
    from tasks.places.intake.types import IntakeRules
    from tasks.places.rules import PlaceRules, Principles

    try:
        classes = manifest["classes"]
        return DeclaredPlaces(
            PlaceRules.model_validate_json(to_json(manifest["rules"])),
            TypeAdapter(IntakeRules).validate_json(to_json(manifest["intake"])),
            Principles.model_validate_json(to_json(manifest["principles"])),
            classes["minimum_fill"],
            classes["vocational"],
            classes["general"],
            classes["step"],
            tuple((file, entry, source) for file, entry, source in manifest["unconfirmed"]),
        )
    except (KeyError, ValidationError) as error:
        raise ConfigurationError(
            subject=f"planen {manifest.get('id', '')}",
            expected="alle reglene som planen er laget under, i manifestet",
            got=f"noe som ikke kan leses av denne versjonen ({_unread(error)})",
            remedy="lag planen på nytt med «tilbudsplan plan places»",
        ) from error


def _unread(error: KeyError | ValidationError) -> str:
    """What of a manifest cannot be read, all of it."""
    if isinstance(error, KeyError):
        return f"{error.args[0]} mangler"
    return "; ".join(f"{'.'.join(map(str, e['loc']))} {norwegian(e)}" for e in error.errors())


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
