"""What a planner has declared about the student flow in `data/reference/rules/flow.toml`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Assumption:
    """Shares that no source gives, and how many persons they are to count as.

    Attributes:
        shares: By name; what they do not add up to stays where it is.
        persons: Strength of the assumption (persons).
    """

    shares: dict[str, float]
    persons: float

    def evidence(self, name: str) -> float:
        """Dirichlet parameter of one outcome (effective persons)."""
        return self.shares[name] * self.persons


@dataclass(frozen=True)
class FlowRules:
    """Declared assumptions of the flow.

    Attributes:
        years: Last years of transitions in the shares, under each rule for re-choice.
        kappa_floor: Least weight of a wider area (persons).
        kappa_ceiling: Greatest weight (persons).
        calibration: Persons that what is wider counts as when shares are held to counts.
        training_years: Whole years in training by contract type.
        longer_training: Trades with another number of years.
        straight: Share of the cohort in grade 10 that begins on Vg1 the same autumn.
        unplaced: Where applicants without a place are a year later: school, paabygg, again (apply
            again), out.
        out_of_school: Those who are out and still are a year later: out.
        school_vg3: Vg3 in school in a trade: completed, out.
        adult_modules: Adults who leave modules without a certificate a year: left.
        college: Students of vocational colleges: completed, left.
        participation: Newly certified in the labour force: share.
        stay_in_region: Educated who live in the intake region afterwards: share.
    """

    years: int
    kappa_floor: float
    kappa_ceiling: float
    calibration: float
    training_years: dict[str, int]
    longer_training: dict[str, int]
    straight: float
    unplaced: Assumption
    out_of_school: Assumption
    school_vg3: Assumption
    adult_modules: Assumption
    college: Assumption
    participation: Assumption
    stay_in_region: Assumption

    def years_in_training(self, trade: str, contract: str = "laerling") -> int:
        """Whole years in training of a trade."""
        return self.longer_training.get(trade, self.training_years[contract])
