"""The tables of a run that say why: `decomposition`, `sensitivity`, `explanation_notes`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tasks.errors import ConfigurationError, NotFound
from tasks.forecast import labour
from tasks.forecast.declared import Declared
from tasks.forecast.explanation import STEPS
from tasks.forecast.flow import assemble, cohort
from tasks.forecast.flow import cut as flow_cut
from tasks.forecast.flow.assemble import County
from tasks.forecast.flow.states import Kind
from tasks.forecast.labour import cut as labour_cut
from tasks.forecast.marts import FLOW, LABOUR, Frames, of
from tasks.forecast.reasons.aligned import align
from tasks.forecast.reasons.cells import ALL, Axes, Window
from tasks.forecast.reasons.uncertain import Gap
from tasks.forecast.reasons.yearly import QUANTITIES, Yearly
from tasks.forecast.types import Float

# Base samples of the design: a power of two. What they leave of chance stands in the table.
SAMPLES = 256
SCHEMAS: dict[str, dict[str, type[pl.DataType]]] = {
    "decomposition": {
        "quantity": pl.String,
        "programme_code": pl.String,
        "region_code": pl.String,
        "before": pl.Int64,
        **dict.fromkeys(STEPS, pl.Int64),
        "after": pl.Int64,
        "first_year": pl.Int64,
        "last_year": pl.Int64,
    },
    "sensitivity": {
        "programme_code": pl.String,
        "region_code": pl.String,
        "rank": pl.Int64,
        "input": pl.String,
        "first": pl.Float64,
        "total": pl.Float64,
        "total_error": pl.Float64,
        "persons": pl.Float64,
        "first_year": pl.Int64,
        "last_year": pl.Int64,
    },
    "explanation_notes": {"what": pl.String, "why": pl.String},
}


def tables(
    frames: Frames,
    declared: Declared,
    *,
    county: str,
    seed: int,
    draws: int,
    year: int,
    horizon: int,
    sigma: float,
    flow: County | None = None,
    working: labour.Model | None = None,
    level: Mapping[str, Float] | None = None,
) -> dict[str, pl.DataFrame]:
    """Why figures are what they are, per programme (and all, `*`) × intake region (and the county).

    Grain: `decomposition` one row per quantity × programme × region, whole persons: pupils of the
    school year, candidates and gap a year in the window of the tightness, said a year ago of the
    year before, said now, and what each driver did; `sensitivity` one row per input of the gap, the
    weightiest first; `explanation_notes` says why one of them is empty.

    Args:
        frames: The marts, named `flow.…` and `labour.…` as for `working_life.tables`.
        declared: Rules.
        county: County code; also the region code of the county's rows.
        seed: Seed of the run.
        draws: Draws behind expected openings.
        year: School year of the plan (start year).
        horizon: School years after the last count.
        sigma: Log error of a cohort per √year.
        flow: The run's flow, where it has been built already.
        working: The run's labour market, the same.
        level: What the run multiplies certificates of each programme area by `[year]`, in both
            years alike.
    """
    asked = _Asked(frames, declared, county, seed, draws, year, horizon, sigma, level or {})
    empty = {name: pl.DataFrame(schema=schema) for name, schema in SCHEMAS.items()}
    try:
        now = _told(asked, _last_count(frames), None, flow, working)
        window = _window(asked, now)
    except NotFound as missing:
        return empty | {"explanation_notes": _note("decomposition, sensitivity", str(missing))}
    found = {"sensitivity": _sensitivity(asked, now, window)}
    try:
        earlier = _told(asked, now.count - 1, now.working.data.years[-1] - 1)
        found["decomposition"] = _decomposition(asked, earlier, now, window)
    except (NotFound, ConfigurationError) as missing:
        # A county's first year has nothing before it; that must not stop the plan.
        found["explanation_notes"] = _note("decomposition", _too_early(missing))
    return empty | found


@dataclass(frozen=True)
class _Asked:
    """What the tables are asked for."""

    frames: Frames
    declared: Declared
    county: str
    seed: int
    draws: int
    year: int
    horizon: int
    sigma: float
    level: Mapping[str, Float]

    def held(self, areas: Sequence[str], window: Window) -> Float:
        """Mean of the level over the window `[area, 1]`."""
        span = slice(window.flow, window.flow_span)
        told = [self.level[a][span].mean() if a in self.level else 1.0 for a in areas]
        return np.array(told, np.float64)[:, None]

    @property
    def weights(self) -> tuple[float, float, float]:
        return self.declared.rules.projection_weights


@dataclass(frozen=True)
class _Told:
    """Both models on the figures of one autumn."""

    count: int
    flow: County
    working: labour.Model


def _last_count(frames: Frames) -> int:
    counted = frames[f"{FLOW}pupils"].get_column("school_year_start")
    return int(counted.to_numpy().max(initial=0))


def _told(
    asked: _Asked,
    count: int,
    employed: int | None,
    built: County | None = None,
    fitted: labour.Model | None = None,
) -> _Told:
    """Both models; with the figures up to a count of pupils and a year of employment, or all.

    Raises:
        NotFound: Figures that a model cannot do without are missing.
    """
    flow, working = of(asked.frames, FLOW), of(asked.frames, LABOUR)
    if employed is not None:
        flow, working = flow_cut.until(flow, count), labour_cut.until(working, employed)
    fitted = fitted or labour.fit(
        working,
        asked.declared.labour,
        county=asked.county,
        seed=asked.seed,
        horizon=asked.horizon,
    )
    built = built or assemble.build(flow, asked.county, asked.declared.flow, asked.horizon)
    if employed is not None and (built.homes.years[-1], fitted.data.years[-1]) != (count, employed):
        raise NotFound(
            subject="fjorårets tall",
            expected=f"elever telt i {count} og sysselsatte i {employed}",
            got=f"{built.homes.years[-1]} og {fitted.data.years[-1]}",
            remedy="se om et år mangler i tabellene; neste år kan endringen forklares",
        )
    return _Told(count, built, fitted)


def _window(asked: _Asked, now: _Told) -> Window:
    """The years of the figures, counted from the first year ahead of each model.

    Raises:
        NotFound: The horizon does not hold the window.
    """
    employed, span = now.working.data.years[-1], asked.declared.labour.tightness_window
    first = max(now.count, employed) + 1
    window = Window(asked.year - now.count - 1, first - now.count - 1, first - employed - 1, span)
    if max(window.flow_span, window.labour_span) > asked.horizon:
        raise NotFound(
            subject="forklaringen av gapet",
            expected=f"en horisont på minst {max(window.flow_span, window.labour_span)} skoleår",
            got=str(asked.horizon),
            remedy="velg en lengre horisont, eller hent nyere tall for sysselsatte",
        )
    return window


def _axes(asked: _Asked, told: tuple[_Told, ...]) -> Axes:
    """Programmes and areas that any of the models has."""
    rows = asked.frames[f"{FLOW}regions"].filter(pl.col("kind") == "intake")
    area_of = dict(asked.frames[f"{FLOW}trade_areas"].iter_rows())
    data = told[-1].working.data
    spaces = [one.flow.model.space for one in told]
    trades = {t for space in spaces for t in space.units(Kind.CERTIFICATE)}
    areas = tuple(sorted({area_of[t] for t in trades if t in area_of} & set(data.targets)))
    taught = {a[:2] for space in spaces for a in space.units(Kind.PUPIL)}
    return Axes(
        programmes=tuple(sorted(taught | {a[:2] for a in areas})),
        areas=areas,
        regions=data.regions,
        region_of=dict(rows.select("municipality_code", "region_code").iter_rows()),
        area_of=area_of,
        targets=data.targets,
    )


def _within(model: labour.Model, span: int) -> labour.Model:
    """The labour market of fewer years ahead; what is drawn for them stays the same."""
    kept = replace(model.replacement, ageing=model.replacement.ageing[..., :span])
    held = None if model.held is None else model.held[..., : 1 + span]
    return replace(model, said=model.said[..., :span], replacement=kept, held=held)


def _decomposition(asked: _Asked, earlier: _Told, now: _Told, window: Window) -> pl.DataFrame:
    both, axes, rules = (earlier, now), _axes(asked, (earlier, now)), asked.declared.flow
    openings = []
    for told in both:
        drawn = labour.simulate(_within(told.working, window.labour_span), asked.draws).strict
        openings.append(axes.openings(drawn[..., window.labour :]).mean(axis=0))
    yearly = Yearly(
        both=align(
            (earlier.flow, now.flow),
            (earlier.count + 1, now.count + 1),
            window.flow_span,
            asked.weights,
        ),
        openings=(openings[0], openings[1]),
        supply=rules.participation.shares["share"]
        * rules.stay_in_region.shares["share"]
        * asked.held(axes.areas, window),
        axes=axes,
        window=window,
        county=asked.county,
    )
    change = yearly.change()
    first = now.count + 1 + window.flow
    spans = dict.fromkeys(QUANTITIES, (first, first + window.years - 1))
    spans["pupils"] = (asked.year, asked.year)
    cells = [
        (quantity, programme, region, *spans[quantity])
        for quantity in QUANTITIES
        for programme in (*axes.programmes, ALL)
        for region in (*axes.regions, asked.county)
    ]
    columns = {"before": change.before, **change.parts, "after": change.after}
    names = ["quantity", "programme_code", "region_code", "first_year", "last_year"]
    told_of = {ALL, *(a[:2] for a in axes.areas)}
    return (
        pl.DataFrame(cells, names, orient="row")
        .with_columns(pl.Series(name, v.ravel(), pl.Int64) for name, v in columns.items())
        # A programme without openings and candidates has no gap, and one without people no row.
        .filter(
            (pl.col("quantity") == "pupils") | pl.col("programme_code").is_in(list(told_of)),
            pl.any_horizontal(pl.col("before", *STEPS, "after") != 0),
        )
        .select(SCHEMAS["decomposition"].keys())
    )


def _sensitivity(asked: _Asked, now: _Told, window: Window) -> pl.DataFrame:
    axes, rules = _axes(asked, (now,)), asked.declared.flow
    gap = Gap(
        flow=now.flow,
        working=_within(now.working, window.labour_span),
        participation=cohort.declared(rules.participation, len(axes.areas)),
        stays=cohort.declared(rules.stay_in_region, len(axes.regions)),
        level=asked.held(axes.areas, window),
        sigma=asked.sigma,
        weights=asked.weights,
        axes=axes,
        window=window,
        years=tuple(range(now.count + 1, now.count + 1 + window.flow_span)),
        key=(asked.seed, asked.county),
    )
    found = gap.hangs_on(SAMPLES)
    first = now.count + 1 + window.flow
    shape = found.total.shape
    cells = [
        (name, programme, region)
        for name in found.inputs
        for programme in (*axes.programmes, ALL)
        for region in (*axes.regions, asked.county)
    ]
    columns = {
        "first": found.first,
        "total": found.total,
        "total_error": found.error,
        # What the figure would vary by if only what hangs on the input varied.
        "persons": np.sqrt(found.total) * found.spread,
        "spread": np.broadcast_to(found.spread, shape),
    }
    key = ["programme_code", "region_code"]
    return (
        pl.DataFrame(cells, ["input", *key], orient="row")
        .with_columns(pl.Series(name, v.ravel(), pl.Float64) for name, v in columns.items())
        .filter(pl.col("spread") > 0)
        .sort(*key, "total", "input", descending=[False, False, True, False])
        .with_columns(
            pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(key).alias("rank"),
            pl.lit(first, pl.Int64).alias("first_year"),
            pl.lit(first + window.years - 1, pl.Int64).alias("last_year"),
        )
        .select(SCHEMAS["sensitivity"].keys())
    )


def _too_early(missing: NotFound | ConfigurationError) -> str:
    """Why there is no last year: nobody can send figures for a past that was not counted."""
    return (
        f"tallene som fantes for ett år siden, rekker ikke ({missing.subject}: ventet "
        f"{missing.expected}, men fikk {missing.got}). Når ett år til er telt, kan endringen "
        "forklares"
    )


def _note(what: str, why: str) -> pl.DataFrame:
    return pl.DataFrame([{"what": what, "why": why}], schema=SCHEMAS["explanation_notes"])
