"""The planner's rules of the labour market, read strictly, mistakes shown together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from tasks.forecast.firmness import Confidence
from tasks.forecast.labour.types import LabourRules, Service
from tasks.forecast.types import Rules
from tasks.rule_files import Rising, Share, Value, Years, rising
from tasks.rules import refused
from tasks.strict import Declared, Exact, Text, read_toml

SomeYears = Annotated[int, Field(ge=1, le=11)]
Age = Annotated[int, Field(ge=0, le=120)]
AtLeastZero = Annotated[float, Field(ge=0)]
Prefix = Annotated[str, StringConstraints(pattern=r"^\d{1,4}$")]


class Limits(Declared):
    """Limits of the ratio of supply to openings."""

    very_good: AtLeastZero
    good: AtLeastZero
    fair: AtLeastZero
    moderate: AtLeastZero

    @property
    def four(self) -> tuple[float, float, float, float]:
        """The limits, from the best on."""
        return self.very_good, self.good, self.fair, self.moderate

    @model_validator(mode="after")
    def _rise(self) -> Self:
        rising(self.four)
        return self


class Leads(Declared):
    """Years from intake to work, by what one begins on."""

    vocational: SomeYears
    vocational_vg2: SomeYears
    general: SomeYears
    vocational_college: SomeYears


class CompletionYears(Declared):
    """Years within which a trade certificate counts, by what one begins on."""

    vocational: SomeYears
    vocational_vg2: SomeYears


class Labour(Exact):
    """`labour.toml`."""

    trend_years: Value[Annotated[int, Field(ge=2, le=30)]]
    damping: Value[Share]
    replacement_years: Value[Years]
    replacement_cap: Value[Share]
    retirement_age: Value[Annotated[int, Field(ge=40, le=74)]]
    survey_interval: Value[Annotated[float, Field(ge=0.5, le=0.999)]]
    normal_years: Value[Annotated[int, Field(ge=1, le=40)]]
    waterfall_min: Value[Annotated[float, Field(ge=0, le=1e5)]]
    reach_share: Value[Share]
    tightness_window: Value[Years]
    tightness_limits: Limits
    lead_years: Leads
    completion_years: CompletionYears


class AgeUse(Declared):
    """A service of `age_use.toml`."""

    confidence: Confidence  # type: ignore[assignment]  # crosswalks have more words
    industry: Text
    weight: AtLeastZero
    weight_source: Text
    first_age: Rising[Age] = Field(alias="from")
    use: Annotated[tuple[AtLeastZero, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _groups(self) -> Self:
        if self.first_age[0] != 0 or len(self.first_age) != len(self.use) or not any(self.use):
            raise ValueError(
                "ventet «from» fra 0, like mange «use», og minst én over 0; "
                f"fikk {len(self.first_age)} og {len(self.use)}"
            )
        return self


class Services(Exact, extra="allow"):
    """`age_use.toml`."""

    __pydantic_extra__: dict[str, AgeUse]


class NavGroups(Exact):
    """`nav_groups.toml`."""

    source: Text
    confidence: Confidence
    groups: Annotated[
        dict[str, Annotated[tuple[Prefix, ...], Field(strict=False)]], Field(min_length=1)
    ]


def read_labour_rules(folder: Path, rules: Rules) -> LabourRules:
    """Read `labour.toml`, `age_use.toml` and `nav_groups.toml`.

    Args:
        folder: `data/reference/rules`.
        rules: Gives certainty and the weights of the population alternatives.

    Raises:
        ConfigurationError: Naming file, entry and what is wrong, all mistakes at once.
    """
    problems: list[str] = []
    labour = read_toml(folder / "labour.toml", Labour, problems)
    services = read_toml(folder / "age_use.toml", Services, problems)
    nav = read_toml(folder / "nav_groups.toml", NavGroups, problems)
    if not (labour and services and nav):
        raise refused(folder, "gyldige regler for arbeidslivets behov", problems)
    used: dict[str, AgeUse] = services.model_extra or {}
    return LabourRules(
        trend_years=labour.trend_years.value,
        damping=labour.damping.value,
        replacement_years=labour.replacement_years.value,
        replacement_cap=labour.replacement_cap.value,
        retirement_age=labour.retirement_age.value,
        survey_interval=labour.survey_interval.value,
        normal_years=labour.normal_years.value,
        waterfall_min=labour.waterfall_min.value,
        reach_share=labour.reach_share.value,
        tightness_window=labour.tightness_window.value,
        tightness_limits=labour.tightness_limits.four,
        lead_years=labour.lead_years.model_dump(exclude={*Declared.model_fields}),
        completion_years=labour.completion_years.model_dump(exclude={*Declared.model_fields}),
        certainty=rules.certainty,
        projection_weights=rules.projection_weights,
        services=tuple(
            Service(name, s.industry, s.weight, s.first_age, s.use, s.confidence)
            for name, s in used.items()
        ),
        nav_groups=nav.groups,
        nav_confidence=nav.confidence,
    )
