"""A plan in a nutshell, as sentences made from its figures and nothing else."""

from __future__ import annotations

import polars as pl

from tasks.publish import formats, model
from tasks.publish.parts import Row
from tasks.publish.plan_parts import EMPTY, PLAN, THIS_YEAR, Proposal, shown, spread

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
    counts = dict(offers.get_column("verdict").value_counts().rows())
    told = [
        f"{counts[verdict]} {words}"
        for verdict, words in (
            ("åpnes", "tilbud åpnes"),
            ("utvides", "utvides"),
            ("reduseres", "reduseres"),
            ("legges ned", "legges ned"),
        )
        if verdict in counts
    ]
    kept = formats.whole(counts.get("som i år", 0))
    schools = offers.filter(pl.col("classes") > 0).get_column("organisation_number").n_unique()
    return (
        f"Planen har {model.classes(then).text} klasser på {formats.whole(schools)} skoler, mot "
        f"{model.classes(now).text} i år. {formats.listing(told) or 'Ingen tilbud endres'}; {kept} "
        "er som i år."
    )


def _pupils(plan: Proposal) -> str:
    places, pupils = (float(plan.offers.get_column(c).sum()) for c in ("places", "pupils"))
    now = float(plan.offers.get_column("places_now").sum())
    full = formats.share(pupils / places) if places else formats.MISSING
    return (
        f"{formats.whole(places)} plasser, mot {formats.whole(now)} i år. Alle med rett har plass: "
        f"{formats.whole(pupils)} elever i fylkets egne klasser, som er {full} fulle."
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
    first, away, empty = (plan.found[PLAN, g] for g in ("forstevalg", "reise", EMPTY))
    shares = plan.intake["intake_goals"].filter(
        pl.col("round") == pl.col("round").max(),
        plan=PLAN,
        level="*",
        region_code="*",
        measure="first_programme",
    )
    row = shares.row(0, named=True)
    met, low, high = (formats.share(row[f"share_{p}"], 1) for p in ("mean", "p10", "p90"))
    return (
        f"I inntaket får {met} førstevalget sitt (80 %-intervall {low} til {high}); {_told(first)} "
        f"får det ikke. {_told(away)} får lang reise eller plass utenfor regionen, og "
        f"{_told(empty)} plasser står tomme."
    )


def _told(row: Row) -> str:
    return spread(row["mean"], row["p10"], row["p90"])


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
        f"Voksne i moduler: {_gap(adults, 'trade')} "
        f"Fagskole: {_gap(colleges, 'offer')} Tilskudd: "
        f"{shown('kostnad', granted)} millioner kroner."
    )


def _gap(found: pl.DataFrame, title: str) -> str:
    places, gap = (float(found.get_column(c).sum()) for c in ("places", "gap"))
    text = f"{formats.whole(places)} plasser"
    if round(gap) <= 0:
        return f"{text}, så mange som det er spurt etter."
    named = found.filter(pl.col("gap").round() >= formats.SMALL)
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
