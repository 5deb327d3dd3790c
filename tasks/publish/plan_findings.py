"""A plan in a nutshell, as sentences made from its figures and nothing else."""

from __future__ import annotations

import polars as pl

from tasks.publish import formats, model
from tasks.publish.plan_offers import VERDICTS
from tasks.publish.plan_parts import (
    EMPTY,
    PLAN,
    THIS_YEAR,
    Proposal,
    persons,
    share,
    shown,
    spread,
)

# Gaps of so many places for adults and at colleges are named.
_NAMED = 3


def sentences(plan: Proposal) -> list[str]:
    """What the plan proposes, what it gives, and what a council must know of it."""
    found = [
        _classes(plan),
        _pupils(plan),
        _need(plan),
        _intake(plan),
        _cost(plan),
        _gaps(plan),
        _by_hand(plan),
        _holds(plan),
    ]
    return [text for text in found if text]


def _classes(plan: Proposal) -> str:
    offers = plan.offers
    now, then = (float(offers.get_column(c).sum()) for c in ("classes_now", "classes"))
    held = offers.filter((pl.col("classes") > 0) | (pl.col("classes_now") > 0))
    counts = dict(held.get_column("verdict").value_counts().rows())
    told = [
        f"{formats.whole(counts[verdict])} {verdict.replace('som', 'er som')}"
        for verdict in VERDICTS
        if verdict in counts
    ]
    schools = offers.filter(pl.col("classes") > 0).get_column("organisation_number").n_unique()
    return (
        f"Planen har {model.classes(then).text} klasser på {formats.whole(schools)} skoler, mot "
        f"{model.classes(now).text} i år. Tilbud: {formats.listing(told)}."
    )


def _pupils(plan: Proposal) -> str:
    places, pupils = (float(plan.offers.get_column(c).sum()) for c in ("places", "pupils"))
    now = float(plan.offers.get_column("places_now").sum())
    full = formats.share(pupils / places) if places else formats.MISSING
    return (
        f"{formats.whole(places)} plasser, mot {formats.whole(now)} i år. Etter planens egen "
        f"regning er det plass til alle med rett: {formats.whole(pupils)} elever i fylkets egne "
        f"klasser, som er {full} fulle."
    )


def _need(plan: Proposal) -> str:
    told = []
    for goal, words in (
        ("udekket_behov", "udekket behov er {} personer"),
        ("uten_laereplass", "{} søkere ventes å stå uten læreplass"),
    ):
        if (PLAN, goal) in plan.reckoned:
            value = words.format(shown(goal, plan.reckoned[PLAN, goal]))
            told.append(f"{value}{_against(plan, goal)}")
    return f"Ventet {formats.listing(told)}." if told else ""


def _against(plan: Proposal, goal: str) -> str:
    other = plan.reckoned.get((THIS_YEAR, goal))
    return f" (årets klasser videreført: {shown(goal, other)})" if other is not None else ""


def _intake(plan: Proposal) -> str:
    if not plan.found:
        return "Planen er ikke prøvd i inntaket: førstevalg, reise og tomme plasser er ikke ventet."
    county = plan.intake["intake_goals"].filter(
        pl.col("round") == pl.col("round").max(), plan=PLAN, level="*", region_code="*"
    )
    of = {row["measure"]: row for row in county.iter_rows(named=True)}
    return (
        f"I inntaket får {share(of['first_programme'])} førstevalget sitt, "
        f"{persons(of['without'])} søkere står uten plass, {persons(of['away'])} får lang reise "
        f"eller plass utenfor regionen, og {spread(plan.found[PLAN, EMPTY])} plasser står tomme. "
        "I parentes: 80 %-intervall."
    )


def _cost(plan: Proposal) -> str:
    cost = plan.reckoned.get((PLAN, "kostnad"))
    if cost is None:
        return ""
    return (
        f"Klasser, grupper og tilskudd koster {shown('kostnad', cost)} millioner kroner med "
        f"satsene i reglene{_against(plan, 'kostnad')}."
    )


def _gaps(plan: Proposal) -> str:
    """Places for adults and at vocational colleges, and where they are fewer than asked for."""
    adults, colleges = plan.tables["adults"], plan.tables["colleges"]
    granted = float(colleges.get_column("nok").sum())
    return (
        f"Voksne i moduler: {_gap(adults, 'trade', formats.SMALL)} "
        f"Fagskole: {_gap(colleges, 'offer', 1)} Tilskudd: "
        f"{shown('kostnad', granted)} millioner kroner."
    )


def _gap(found: pl.DataFrame, title: str, least: int) -> str:
    """Places, and where they are at least so many fewer than asked for."""
    places, gap = (float(found.get_column(c).sum()) for c in ("places", "gap"))
    text = f"{formats.whole(places)} plasser"
    if round(gap) <= 0:
        return f"{text}, så mange som det er spurt etter."
    named = found.filter(pl.col("gap").round() >= least)
    largest = named.sort("gap", title, descending=[True, False]).head(_NAMED)
    told = [f"{name} {formats.whole(g)}" for name, g in largest.select(title, "gap").rows()]
    where = f" ({formats.listing(told)})" if told else ""
    return f"{text}, {formats.whole(gap)} færre enn det er spurt etter{where}."


def _by_hand(plan: Proposal) -> str:
    number = plan.tables["fixed"].height
    if not number:
        return ""
    text = f"{formats.whole(number)} tilbud er satt for hånd, med begrunnelse"
    apart = dict(plan.tables["distance"].rows())
    if "klasser" not in apart:
        return f"{text}."
    moved = model.classes(apart["klasser"]).text
    return f"{text}; det flytter {moved} klasser mot planen uten."


def _holds(plan: Proposal) -> str:
    changed = plan.manifest.get("inputs_changed_since_run", [])
    text = "Alle regler som må holde, holder sammen: ingen er i konflikt."
    if changed:
        text += f" Tallene i {formats.listing(list(changed))} er endret siden kjøringen."
    return text
