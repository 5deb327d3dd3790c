"""The planner's rules of the intake (`intake.toml`), read strictly, mistakes shown together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from tasks.places.intake.types import IntakeRules, Quota, Reserved
from tasks.rule_files import Share, Value
from tasks.rules import refused
from tasks.strict import Declared, Exact, Text, Told, read_toml

Programme = Annotated[str, StringConstraints(pattern=r"^[A-ZÆØÅ]{2}$")]
School = Annotated[str, StringConstraints(pattern=r"^\d{9}$")]
Points = Annotated[float, Field(ge=0, le=100)]
AtLeastZero = Annotated[float, Field(ge=0, le=100)]
Positive = Annotated[float, Field(gt=0, le=1000)]


class TurnedDown(Declared):
    """Share of offers that are turned down."""

    first: Share
    other: Share


class ByLevel(Declared):
    """Shares by level."""

    vg1: Share
    vg2: Share
    vg3: Share


class QuotaEntry(Declared):
    """Places of a programme that are given by points and skill."""

    programme: Programme
    share: Share
    schools: tuple[School, ...] = Field(strict=False)
    points: tuple[Points, ...] = Field(strict=False, min_length=1)
    chance: tuple[Share, ...] = Field(strict=False, min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if len(self.points) != len(self.chance):
            raise ValueError(
                f"{len(self.points)} poeng og {len(self.chance)} andeler, ventet like mange"
            )
        if abs(sum(self.chance) - 1) > 1e-9:
            raise ValueError(f"andelene er {sum(self.chance):g} til sammen, ventet 1")
        return self


class ReservedEntry(Told):
    """Places of an offer that are not for the ordinary intake: landslinjer and guest pupils."""

    school: School
    programme_area: Text
    places: Annotated[int, Field(ge=1, le=1000)]


class PointsByProgramme(Declared, extra="allow"):
    """Mean points by programme."""

    __pydantic_extra__: dict[Programme, Points]


class PointsSpread(Declared):
    """Standard deviations and range of points."""

    within: Positive
    offer: AtLeastZero
    programme: AtLeastZero
    low: Points
    high: Points

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.high <= self.low:
            raise ValueError(f"high er {self.high:g}, ventet mer enn low, {self.low:g}")
        return self


class Fallback(Declared):
    """Travel where no time is known."""

    speed: Positive
    detour: Annotated[float, Field(ge=1, le=10)]
    least_minutes: Annotated[float, Field(ge=0, le=240)]


class IntakeFile(Exact):
    """`intake.toml`."""

    rounds: Value[Annotated[int, Field(ge=1, le=6)]]
    school_wishes: Value[Annotated[int, Field(ge=1, le=20)]]
    turned_down: TurnedDown
    special: ByLevel
    stays: Value[Share]
    exchange: Value[Share]
    quota: list[QuotaEntry]
    points_mean: PointsByProgramme
    points_spread: PointsSpread
    same_branch: Value[Positive]
    pattern_persons: Value[Positive]
    long_travel: Value[Annotated[float, Field(ge=0, le=1000)]]
    fallback: Fallback
    reserved: list[ReservedEntry] = Field(default_factory=list)

    @model_validator(mode="after")
    def _once(self) -> Self:
        codes = [entry.programme for entry in self.quota]
        if len(set(codes)) != len(codes):
            raise ValueError(f"[[quota]] har {', '.join(codes)}, ventet hvert program én gang")
        return self


def read_intake_rules(folder: Path) -> IntakeRules:
    """Read what the intake simulator is held to (`intake.toml`).

    Raises:
        ConfigurationError: Naming entry and what is wrong, all mistakes at once.
    """
    return rules_of(read_intake_file(folder))


def read_intake_file(folder: Path) -> IntakeFile:
    """Read `intake.toml` with what its entries say of themselves.

    Raises:
        ConfigurationError: Naming entry and what is wrong, all mistakes at once.
    """
    problems: list[str] = []
    found = read_toml(folder / "intake.toml", IntakeFile, problems)
    if not found:
        raise refused(folder, "gyldige regler for inntaket", problems)
    return found


def rules_of(found: IntakeFile) -> IntakeRules:
    """The rules that the intake simulator is held to."""
    return IntakeRules(
        rounds=found.rounds.value,
        school_wishes=found.school_wishes.value,
        turned_down_first=found.turned_down.first,
        turned_down_other=found.turned_down.other,
        special=(found.special.vg1, found.special.vg2, found.special.vg3),
        stays=found.stays.value,
        exchange=found.exchange.value,
        reserved=tuple(Reserved(r.school, r.programme_area, r.places) for r in found.reserved),
        quotas={q.programme: Quota(q.share, q.schools, q.points, q.chance) for q in found.quota},
        points_mean=dict(found.points_mean.model_extra or {}),
        points_sd=found.points_spread.within,
        points_offer_sd=found.points_spread.offer,
        points_programme_sd=found.points_spread.programme,
        points_range=(found.points_spread.low, found.points_spread.high),
        same_branch=found.same_branch.value,
        pattern_persons=found.pattern_persons.value,
        minutes_limit=found.long_travel.value,
        speed=found.fallback.speed,
        detour=found.fallback.detour,
        least_minutes=found.fallback.least_minutes,
    )
