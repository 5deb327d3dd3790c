"""What the files of `data/reference/rules` must hold, as `tasks.rules` reads them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Generic, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from tasks.strict import Declared, Exact

T = TypeVar("T")


class Value(Declared, Generic[T]):
    """An entry of one value."""

    value: T


def rising(values: tuple[float, ...]) -> tuple[float, ...]:
    """The values, where each is greater than the one before."""
    if list(values) != sorted(set(values)):
        raise ValueError(f"tallene {', '.join(f'{v:g}' for v in values)} stiger ikke")
    return values


Share = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(ge=0, le=100)]
Years = Annotated[int, Field(ge=1, le=20)]
Class = Annotated[int, Field(ge=1, le=60)]
Age = Annotated[int, Field(ge=1, le=105)]
Persons = Annotated[float, Field(ge=1, le=1e6)]
TrainingYears = Annotated[int, Field(ge=1, le=6)]
Rising = Annotated[tuple[T, ...], Field(strict=False, min_length=1), AfterValidator(rising)]


def _from_to(ages: tuple[int, int]) -> tuple[int, int]:
    if ages[0] > ages[1]:
        raise ValueError(f"{list(ages)} går ned, ventet [fra, til]")
    return ages


Ages = Annotated[tuple[Age, Age], Field(strict=False), AfterValidator(_from_to)]


# Thresholds, classes and forecast ---------------------------------------------------------------


class ProjectionWeights(Declared):
    """How much each alternative of the population projection counts."""

    main: Share
    low: Share
    high: Share

    @model_validator(mode="after")
    def _sum(self) -> Self:
        _one(self.main + self.low + self.high)
        return self


class AgeGroups(Declared):
    """First and last age on 1 January."""

    cohort: Ages
    entry: Ages


class Thresholds(Exact):
    """`thresholds.toml`."""

    certainty: Value[Annotated[float, Field(ge=0.5, le=1)]]
    balance_band: Value[Share]
    projection_weights: ProjectionWeights
    age_groups: AgeGroups


class Classes(Exact):
    """`classes.toml`."""

    vocational_class_size: Value[Class]
    general_class_size: Value[Class]
    minimum_fill: Value[Share]
    class_step: Value[Annotated[float, Field(ge=0.5, le=1)]]


class ForecastFile(Exact):
    """`forecast.toml`."""

    mean_years: Value[Years]
    kappa: Value[Annotated[float, Field(ge=0, le=1e6)]]


# Evaluation --------------------------------------------------------------------------------------


class Coverage(Declared):
    """What 80 per cent intervals may cover."""

    low: Annotated[float, Field(ge=0, le=0.8)]
    high: Annotated[float, Field(ge=0.8, le=1)]
    outcomes: Annotated[int, Field(ge=1, le=1_000_000)]


class Gates(Declared):
    """Greatest error by horizon, and greatest bias."""

    horizon_1: Percent
    horizon_3: Percent
    horizon_5: Percent
    bias: Percent


class Evaluation(Exact):
    """`evaluation.toml`."""

    least_outcomes: Value[Annotated[int, Field(ge=1, le=1000)]]
    coverage: Coverage
    size_classes: Value[Rising[Annotated[float, Field(ge=0, le=1e9)]]]
    nominal_years: Value[Annotated[float, Field(ge=0.5, le=100)]]
    change_band: Value[Share]
    damping: Value[Rising[Share]]
    gates: Gates


# The student flow --------------------------------------------------------------------------------


class Bounds(Declared):
    """Least and greatest weight of a wider area."""

    low: Annotated[float, Field(gt=0)]
    high: float

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.high <= self.low:
            raise ValueError(f"high er {self.high:g}, ventet mer enn low, {self.low:g}")
        return self


class ByContract(Declared):
    """Whole years in training by contract type."""

    laerling: TrainingYears
    laerekandidat: TrainingYears
    praksisbrev: TrainingYears


class ByTrade(Declared, extra="allow"):
    """Whole years in training by code of the trade."""

    __pydantic_extra__: dict[Annotated[str, Field(pattern=r"^[A-ZÆØÅ0-9-]{10}$")], TrainingYears]


class Shares(Declared):
    """An assumption: shares, and how many persons they are to count as."""

    # Whether the shares are everything that can happen.
    whole: ClassVar[bool] = False

    persons: Persons

    @property
    def shares(self) -> dict[str, float]:
        """The shares by name."""
        named = type(self).model_fields.keys() - Shares.model_fields.keys()
        return {name: getattr(self, name) for name in type(self).model_fields if name in named}

    @model_validator(mode="after")
    def _sum(self) -> Self:
        total = sum(self.shares.values())
        if self.whole:
            _one(total)
        elif total > 1:
            raise ValueError(f"andelene er {total:g} til sammen, ventet høyst 1")
        return self


class Unplaced(Shares):
    """Where applicants without a place are a year later."""

    whole = True

    school: Share
    paabygg: Share
    again: Share
    out: Share


class OutOfSchool(Shares):
    """Those who are out and still are a year later."""

    out: Share


class SchoolVg3(Shares):
    """Vg3 in school in a trade."""

    whole = True

    completed: Share
    out: Share


class AdultModules(Shares):
    """Adults who leave modules without a certificate."""

    left: Share


class College(Shares):
    """Students of vocational colleges."""

    completed: Share
    left: Share


class OneShare(Shares):
    """A share of those in question."""

    share: Share


class Flow(Exact):
    """`flow.toml`."""

    flow_years: Value[Years]
    kappa_bounds: Bounds
    calibration: Value[Persons]
    training_years: ByContract
    longer_training: ByTrade
    straight_to_vg1: Value[Annotated[float, Field(ge=0.5, le=1)]]
    unplaced: Unplaced
    out_of_school: OutOfSchool
    school_vg3: SchoolVg3
    adult_modules: AdultModules
    college: College
    participation: OneShare
    stay_in_region: OneShare


def _one(total: float) -> None:
    if abs(total - 1) > 1e-9:
        raise ValueError(f"andelene er {total:g} til sammen, ventet 1")
