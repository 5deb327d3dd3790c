"""Gap, tightness, apprenticeship coverage, intake need, and when a class may be given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from tasks.errors import WrongUse
from tasks.forecast import streams
from tasks.forecast.firmness import CONFIDENCE, FIRM, UNRESOLVED, held_back
from tasks.forecast.labour.demand import Demand
from tasks.forecast.labour.types import CAVEAT, LabourRules
from tasks.forecast.streams import Block
from tasks.forecast.types import Array, Float, Index

# From much work per candidate to little (ROA's five classes of the ITA).
CLASSES = (
    "svært gode utsikter",
    "gode utsikter",
    "rimelige utsikter",
    "moderate utsikter",
    "dårlige utsikter",
)
PERCENTILES = (0.1, 0.5, 0.9)
# What a planner can order or check, for each crosswalk that a figure may rest on.
SETTLES_MATCHING = (
    "den bestilte filen fra Statistisk sentralbyrå: sysselsatte 25–39 år etter utdanning (NUS, "
    "seks sifre) og yrke (STYRK-08), lagt inn som county_education_occupation "
    "(bestilt_nus_styrk.csv)"
)
SETTLES_STAFFING = (
    "en tabell fra Statistisk sentralbyrå med sysselsatte etter næring og yrke i fylket, som "
    "erstatter data/reference/crosswalk_industry_occupation.csv"
)


def gap(demand: Array, supply: Array) -> Array:
    """G = D − S, persons a year; above zero: more jobs than candidates."""
    return demand - supply


def gap_per_employed(difference: Array, employed: Float) -> Array:
    """G / E; NaN where nobody is employed.

    Args:
        difference: `[draw, target, region, year]` persons.
        employed: `[target, region]` persons who came by the target and work today.
    """
    base = np.where(employed > 0, employed, np.nan).astype(np.float32)
    share: Array = difference / base[None, :, :, None]
    return share


def tightness(supply: Array, openings: Array, excess: Array | Float, window: int) -> Array:
    """T = (ΣS + excess unemployed) / ΣJO over the window; NaN without openings.

    Args:
        supply: `[draw, target, region, year]` persons a year.
        openings: The same shape.
        excess: `[target, region]` or with draws first: unemployed beyond a balanced market's.
        window: Years from the first on.

    Returns:
        `[draw, target, region]`.

    Raises:
        WrongUse: Fewer years than the window.
    """
    if supply.shape[-1] < window:
        raise WrongUse(
            subject="stramhet",
            expected=f"minst {window} framskrevne år",
            got=str(supply.shape[-1]),
            remedy="velg en lengre horisont, eller sett ned tightness_window i labour.toml",
        )
    jobs = openings[..., :window].sum(axis=-1, dtype=np.float64)
    people = supply[..., :window].sum(axis=-1, dtype=np.float64) + excess
    ratio = np.divide(people, jobs, out=np.full(jobs.shape, np.nan), where=jobs > 0)
    out: Array = ratio.astype(np.float32)
    return out


def class_probabilities(ratio: Array, limits: Sequence[float]) -> Float:
    """Probability of each class, `[class, …]`, over the draws that have a ratio.

    A ratio on a limit belongs to the class below it (ROA: up to and including).
    """
    place = np.searchsorted(np.asarray(limits, np.float32), ratio, side="left")
    told = ~np.isnan(ratio)
    counts = np.stack([((place == c) & told).sum(axis=0) for c in range(len(limits) + 1)])
    base = told.sum(axis=0)
    share: Float = np.divide(counts, base, out=np.zeros(counts.shape), where=base > 0)
    return share


def classify(probabilities: Float, certainty: float, firm: np.ndarray) -> np.ndarray:
    """The class whose probability reaches the certainty, else `uavklart`; never on loose ground."""
    best = probabilities.argmax(axis=0)
    sure = probabilities.max(axis=0) >= certainty
    words = np.where(sure, np.asarray(CLASSES)[best], UNRESOLVED)
    return held_back(words, firm)


def apprenticeship_coverage(
    contracts: Float, applicants: Float, key: tuple[int, str, range]
) -> Array:
    """Contracts ÷ applicants, drawn from the beta distribution that the counts give (Jeffreys).

    Args:
        contracts: `[…]` applicants who got a contract.
        applicants: `[…]` applicants.
        key: Seed, county, draws.

    Returns:
        `[draw, …]` shares; NaN without applicants.
    """
    seed, county, draws = key
    got = np.minimum(contracts, applicants)
    shape = np.stack([got + 0.5, applicants - got + 0.5])
    g = streams.gammas(seed, county, draws, Block.APPRENTICE_PLACES, shape)
    share: Array = g[:, 0] / (g[:, 0] + g[:, 1])
    share[:, applicants <= 0] = np.nan
    return share


def intake_need(
    demand: Array, completion: Array, participation: Array, stay: Array, lead: Index
) -> Array:
    """I*_p,t = D_p,t+L / (completion_p × participation_p × stay_p) (Mitenna).

    Args:
        demand: `[draw, target, region, year]` persons a year.
        completion: Share who complete; broadcasts to `[draw, target, region, 1]`.
        participation: Share of those who work, same.
        stay: Share of those who work in the region, same.
        lead: `[target]` years from intake to work.

    Returns:
        Same shape as `demand`; NaN for the last years, whose need lies past the horizon, and where
        nobody completes, works or stays.
    """
    years = demand.shape[-1]
    place = np.arange(years)[None, :] + np.asarray(lead)[:, None]
    reach = np.minimum(place, years - 1)
    later = np.take_along_axis(demand, reach[None, :, None, :], axis=-1)
    later = np.where((place < years)[None, :, None, :], later, np.nan)
    through = np.asarray(completion * participation * stay, np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        need = np.where(through > 0, later / through, np.nan)
    return need.astype(np.float32)


def lead_of(kinds: Sequence[str], rules: LabourRules) -> Index:
    """Years from intake to work of each target's kind (`vocational`, `general`, …)."""
    unknown = sorted(set(kinds) - set(rules.lead_years))
    if unknown:
        raise WrongUse(
            subject="lead_years",
            expected=", ".join(rules.lead_years),
            got=", ".join(unknown),
            remedy="bruk et av slagene i data/reference/rules/labour.toml",
        )
    return np.array([rules.lead_years[k] for k in kinds], np.intp)


def settles(rank: Index, staffing_firm: bool) -> list[str]:
    """What file would settle an indicator; empty where it is settled.

    Args:
        rank: `[target]` place in `CONFIDENCE` of the weakest crosswalk row.
        staffing_firm: Whether growth by occupation rests on firm rows.
    """
    loose = [r >= 0 and CONFIDENCE[r] not in FIRM for r in rank.tolist()]
    return [
        " og ".join(
            text
            for missing, text in ((bad, SETTLES_MATCHING), (not staffing_firm, SETTLES_STAFFING))
            if missing
        )
        for bad in loose
    ]


def of_demand(
    needed: Demand,
    codes: Sequence[str],
    supply: Array,
    excess: Float | None = None,
    county: str | None = None,
) -> pl.DataFrame:
    """All indicators of the programme areas that both demand and supply know.

    Args:
        needed: Drawn demand.
        codes: Programme areas of `supply`, in its order.
        supply: `[draw, programme area, region, year]` persons who come on the market a year; the
            regions and years of `needed`, the same draws.
        excess: `[target of needed, region]` unemployed beyond a normal year's; none when left out.
        county: Code of a last region, the whole county, that demand and supply hold besides.

    Returns:
        As `table`, with `gap_per_employed_p50` beside it.

    Raises:
        WrongUse: Draws, regions or years that are not those of the demand.
    """
    draws, targets, regions, years = needed.strict.shape
    if supply.shape != (draws, len(codes), regions, years):
        raise WrongUse(
            subject="tilbud mot behov",
            expected=f"{draws} trekninger, {len(codes)} områder, {regions} regioner, {years} år",
            got=" × ".join(str(n) for n in supply.shape),
            remedy="trekk tilbudet for de samme regionene og årene som behovet",
        )
    both = [c for c in codes if c in needed.targets]
    mine = np.array([needed.targets.index(c) for c in both], np.intp)
    theirs = np.array([list(codes).index(c) for c in both], np.intp)
    jobs, people, model = needed.strict[:, mine], supply[:, theirs], needed.model
    employed, coverage = needed.employed, needed.coverage
    spare = np.zeros((targets, len(needed.regions))) if excess is None else excess
    names: tuple[str, ...] = needed.regions
    if county is not None:
        employed, spare = (_and_sum(counts) for counts in (employed, spare))
        coverage = _and_mean(coverage, jobs_of=needed.strict)
        names = (*names, county)
    window = model.rules.tightness_window
    gaps = gap(jobs, people)
    per = gap_per_employed(gaps, employed[mine])[..., :window].mean(axis=-1)
    return table(
        both,
        names,
        gaps,
        tightness(people, jobs, spare[mine], window),
        model.rules,
        rank=needed.rank[mine],
        coverage=coverage[mine],
        staffing=model.growth_confidence,
    ).with_columns(
        pl.Series("gap_per_employed_p50", _ends(per)[1].ravel(), pl.Float64).fill_nan(None)
    )


def _and_sum(counts: Float) -> Float:
    """The whole county after its regions, `[target, region + 1]`."""
    whole: Float = np.concatenate([counts, counts.sum(axis=1, keepdims=True)], axis=1)
    return whole


def _and_mean(coverage: Float, jobs_of: Array) -> Float:
    """The same of shares of openings: weighted by the openings of each region."""
    jobs = jobs_of[:, :, : coverage.shape[1]].mean(axis=(0, 3), dtype=np.float64)
    total = jobs.sum(axis=1, keepdims=True)
    mean = np.divide(
        (coverage * jobs).sum(axis=1, keepdims=True),
        total,
        out=np.zeros_like(total),
        where=total > 0,
    )
    return np.concatenate([coverage, mean], axis=1)


def table(
    targets: Sequence[str],
    regions: Sequence[str],
    gaps: Array,
    ratio: Array,
    rules: LabourRules,
    *,
    rank: Index,
    coverage: Float,
    staffing: str,
) -> pl.DataFrame:
    """The indicators, one row a target and region, with the caveat beside each.

    Args:
        targets: Programme areas.
        regions: Intake regions.
        gaps: `[draw, target, region, year]` persons a year.
        ratio: `[draw, target, region]` tightness.
        rules: Give limits, certainty and window.
        rank: `[target]` weakest confidence of the crosswalk rows.
        coverage: `[target, region]` share of openings on firm rows.
        staffing: Confidence of growth by occupation.

    Returns:
        `target_code`, `region_code`, `gap_p10/p50/p90` (persons a year, mean of the window),
        `tightness_p10/p50/p90`, `p_` of each class, `assessment`, `coverage`, `confidence`,
        `settled_by`, `caveat`.
    """
    mean_gap = gaps[..., : rules.tightness_window].mean(axis=-1)
    probability = class_probabilities(ratio, rules.tightness_limits)
    ranks = np.maximum(rank, CONFIDENCE.index(staffing)).tolist()
    firm_row = np.array([CONFIDENCE[r] in FIRM for r in ranks])
    words = classify(probability, rules.certainty, firm_row[:, None])
    per_target = len(regions)
    weakest = [CONFIDENCE[r] for r in ranks]
    texts = settles(rank, staffing in FIRM)
    columns: dict[str, object] = {
        "target_code": np.repeat(list(targets), per_target).tolist(),
        "region_code": list(regions) * len(targets),
    }
    for name, draws in (("gap", mean_gap), ("tightness", ratio)):
        for part, values in zip(("p10", "p50", "p90"), _ends(draws), strict=True):
            columns[f"{name}_{part}"] = values.ravel()
    for place in range(len(CLASSES)):
        columns[f"p_class_{place + 1}"] = probability[place].ravel()
    columns |= {
        "assessment": words.ravel().tolist(),
        "coverage": coverage.ravel(),
        "confidence": np.repeat(weakest, per_target).tolist(),
        "settled_by": np.repeat(texts, per_target).tolist(),
        "caveat": [CAVEAT] * (len(targets) * per_target),
    }
    return pl.DataFrame(columns).with_columns(pl.col(pl.Float32, pl.Float64).fill_nan(None))


def _ends(draws: Array) -> Float:
    with np.errstate(invalid="ignore"):
        told = ~np.isnan(draws).all(axis=0)
        safe = np.where(told, draws, 0.0)
        ends = np.nanquantile(safe, PERCENTILES, axis=0)
    return np.where(told, ends, np.nan)
