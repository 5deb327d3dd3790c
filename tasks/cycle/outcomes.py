"""What was decided and foreseen held against what came: the track record of decisions.

A view of the journal: each count of a cycle (after an intake, on 1 October, on 31 December) against
the places that were decided and adjusted, and against the forecast that the decision stood on. The
night writes it to `audit.decision_outcome` (`tasks.track_record`), the next cycle's knowledge base
freezes how it went, and status prints it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from tasks.cycle import acts, balance, offer
from tasks.cycle import state as states
from tasks.cycle.state import Record, State
from tasks.decisions.record import of_case
from tasks.journal import Entry
from tasks.publish import formats

if TYPE_CHECKING:
    import polars as pl

PUPILS, PLACED = "elever", "formidlet"
ALL = "*"
CLOSED = "lukket: under fem elever i et tilbud"
IN_PART = "bare noen av tilbudene er talt"


@dataclass(frozen=True)
class DecisionOutcome:
    """One figure of a count against decision and forecast.

    Attributes:
        cycle: Which cycle.
        case_number: Of the decision.
        decision: Name of the frozen decision; None where it was not frozen.
        run: The run that the decision stood on.
        plan: The plan in classes; None where none was named.
        counted: Which count.
        counted_on: When it was made.
        measure: `elever` (persons) or `formidlet` (per cent of the applicants).
        programme_code: Utdanningsprogram; `*` is all.
        level: 1 to 3 as text; `*` is all.
        region_code: Intake region; `*` is the county.
        offers: Offers that were counted.
        classes_decided: Classes of these, as decided.
        places_decided: Their places, as decided.
        places_adjusted: Their places after the adjustment in May.
        outcome: What was counted; None where it is closed.
        forecast_mean: What the frozen run expected, less places from outside.
        forecast_p10: Its 10th percentile.
        forecast_p90: Its 90th.
        inside: Whether it came within; None where that cannot be said.
        reason: Why it cannot; None where it can.
    """

    cycle: str
    case_number: str
    decision: str | None
    run: str
    plan: str | None
    counted: str
    counted_on: date
    measure: str
    programme_code: str
    level: str
    region_code: str
    offers: int | None
    classes_decided: float | None
    places_decided: int | None
    places_adjusted: int | None
    outcome: float | None
    forecast_mean: float
    forecast_p10: float
    forecast_p90: float
    inside: bool | None
    reason: str | None


def of_journal(entries: Sequence[Entry]) -> list[DecisionOutcome]:
    """Every count of every cycle, oldest cycle first, the last of its kind where it was corrected.

    Grain: cycle × count × measure × programme × level × region.
    """
    found = [states.read(entries, name) for name in states.cycles(entries)]
    return [one for state in found if state for one in of_cycle(state, entries)]


def of_cycle(state: State, entries: Iterable[Entry]) -> list[DecisionOutcome]:
    """The counts of one cycle; none before its decision."""
    decided, proposed = state.last(acts.Decide), state.last(acts.Propose)
    if decided is None or proposed is None:
        return []
    case, run = decided[0].case_number, proposed[0].run
    counts = {act.when: (act, record) for act, record in state.all(acts.Count)}
    frozen = of_case(entries, case, run)
    common = {
        "cycle": state.cycle.id,
        "case_number": case,
        "decision": frozen and frozen.id,
        "run": run,
        "plan": proposed[0].plan,
    }
    found: list[DecisionOutcome] = []
    for when, (act, record) in counts.items():
        told = common | {"counted": when, "counted_on": record.on}
        found += _pupils(state, when, proposed[1], told)
        found += _placed(act, proposed[1], told)
    return found


def _pupils(
    state: State, when: str, proposal: Record, told: Mapping[str, Any]
) -> Iterator[DecisionOutcome]:
    """Pupils by programme, level and region."""
    figures = balance.counted(state, when)
    decided, adjusted = offer.decided(state), offer.adjusted(state)
    for one in balance.outcomes(adjusted, figures, proposal.facts["need"]):
        before = [decided[line.key] for line in one.lines if line.key in decided]
        closed = balance.closed(one.pupils) or balance.tells_closed(
            figures[line.key] for line in one.lines
        )
        yield DecisionOutcome(
            **told,
            measure=PUPILS,
            programme_code=one.programme,
            level=str(one.level),
            region_code=one.region,
            offers=len(one.lines),
            classes_decided=sum(line.classes for line in before),
            places_decided=sum(line.places for line in before),
            places_adjusted=one.places,
            outcome=None if closed else float(one.pupils),
            forecast_mean=one.needed,
            forecast_p10=one.low,
            forecast_p90=one.high,
            inside=None if closed else one.inside,
            reason=CLOSED if closed else None if one.whole else IN_PART,
        )


def _placed(
    act: acts.Count, proposal: Record, told: Mapping[str, Any]
) -> Iterator[DecisionOutcome]:
    """The share that got an apprenticeship; the run draws it from the Decembers it knew."""
    drawn = proposal.facts.get("placed")
    if act.placed_percent is None or not drawn:
        return
    low, high = min(drawn), max(drawn)
    # The forecast is of December: what is counted before is on its way there.
    final = act.when == "31. desember"
    yield DecisionOutcome(
        **told,
        measure=PLACED,
        programme_code=ALL,
        level=ALL,
        region_code=ALL,
        offers=None,
        classes_decided=None,
        places_decided=None,
        places_adjusted=None,
        outcome=act.placed_percent,
        forecast_mean=sum(drawn) / len(drawn),
        forecast_p10=low,
        forecast_p90=high,
        inside=low <= act.placed_percent <= high if final else None,
        reason=None if final else "prognosen gjelder 31. desember",
    )


def frame(outcomes: Iterable[DecisionOutcome]) -> pl.DataFrame:
    """Outcomes as a table, a column an attribute."""
    import polars as pl

    kinds: dict[str, type[pl.DataType]] = {
        "date": pl.Date, "str": pl.String, "int": pl.Int64, "float": pl.Float64, "bool": pl.Boolean,
    }  # fmt: skip
    schema = {
        name: kinds[str(field.type).removesuffix(" | None")]
        for name, field in DecisionOutcome.__dataclass_fields__.items()
    }
    return pl.DataFrame([asdict(one) for one in outcomes], schema=schema)


@dataclass(frozen=True)
class Summary:
    """How a decision went at one count.

    Attributes:
        cycle: Which cycle.
        case_number: Of the decision.
        counted: Which count.
        cells: Programmes, levels and regions that could be held against the forecast.
        inside: Those of them that came within its 80 % interval.
        pupils: Pupils of what is not closed.
        places_decided: Places of the same, as decided.
        placed: Per cent with an apprenticeship; None where it was not counted.
        placed_low: The least that the forecast drew from.
        placed_high: The most.
    """

    cycle: str
    case_number: str
    counted: str
    cells: int
    inside: int
    pupils: float
    places_decided: int
    placed: float | None
    placed_low: float | None
    placed_high: float | None


def summaries(outcomes: Iterable[DecisionOutcome]) -> list[Summary]:
    """Outcomes in short, one a decision and count, in their order."""
    grouped: dict[tuple[str, str], list[DecisionOutcome]] = {}
    for one in outcomes:
        grouped.setdefault((one.cycle, one.counted), []).append(one)
    return [_summary(every) for every in grouped.values()]


def _summary(every: Sequence[DecisionOutcome]) -> Summary:
    pupils = [one for one in every if one.measure == PUPILS]
    known = [one for one in pupils if one.inside is not None]
    open_ = [one for one in pupils if one.outcome is not None]
    placed = next((one for one in every if one.measure == PLACED), None)
    first = every[0]
    return Summary(
        cycle=first.cycle,
        case_number=first.case_number,
        counted=first.counted,
        cells=len(known),
        inside=sum(bool(one.inside) for one in known),
        pupils=sum(one.outcome or 0.0 for one in open_),
        places_decided=sum(one.places_decided or 0 for one in open_),
        placed=placed.outcome if placed else None,
        placed_low=placed.forecast_p10 if placed else None,
        placed_high=placed.forecast_p90 if placed else None,
    )


def told(one: Summary) -> str:
    """A summary in a sentence."""
    parts = []
    if one.places_decided:
        parts.append(
            f"{formats.whole(one.pupils)} elever på {formats.whole(one.places_decided)} vedtatte "
            "plasser"
        )
    if one.cells:
        parts.append(
            f"{one.inside} av {one.cells} program, nivåer og regioner innenfor prognosens "
            "80-prosentintervall"
        )
    if one.placed is not None:
        parts.append(
            f"{formats.decimal(one.placed)} prosent formidlet (prognosen trakk fra "
            f"{formats.decimal(one.placed_low)} til {formats.decimal(one.placed_high)})"
        )
    return f"Vedtaket for {one.cycle}, sak {one.case_number}, {one.counted}: {'; '.join(parts)}."
