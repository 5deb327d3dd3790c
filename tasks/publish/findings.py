"""The main findings as sentences, made from the figures of the run and nothing else."""

from __future__ import annotations

from tasks.publish import formats
from tasks.publish.accuracy import fallbacks
from tasks.publish.apprentices import DECEMBER, notes
from tasks.publish.parts import county_rows
from tasks.publish.tables import ALL, Run
from tasks.publish.young_people import cohort_marks, cohort_rows

FIRST = "1"
SURE = " (minst 80 % sannsynlig)"
OWN_DEMAND = (
    "Behovet her er ungdommenes egen etterspørsel. Arbeidslivets behov, som fylkeskommunen også "
    "skal ta hensyn til (opplæringslova § 5-3), {where}."
)


def sentences(run: Run) -> list[str]:
    """Up to eight findings: what must be decided first, Vg1 and shortage before the rest."""
    found = [
        _shortage(run),
        _surplus(run),
        _open(run),
        _cohort(run),
        _pupils(run),
        " ".join(t for t in (_apprenticeship(run), *_placement(run)) if t),
        _record(run),
        _own_demand(run),
    ]
    return [f for f in found if f]


def _own_demand(run: Run) -> str:
    """That the need is the young people's own, and where working life's stands."""
    told = not run.frames["indicators"].is_empty()
    return OWN_DEMAND.format(
        where="står for seg, i delen om arbeidslivet" if told else "er ikke med i denne kjøringen"
    )


def _cohort(run: Run) -> str:
    _, now, peak, last = cohort_marks(cohort_rows(run, run.county))
    text = (
        f"I {now['year']} bor det {formats.whole(now['persons'])} 16–18-åringer "
        f"i {run.county_name}. "
    )
    if peak["year"] not in (now["year"], last["year"]):
        text += f"Tallet ventes å nå {formats.whole(peak['persons'])} i {peak['year']}. "
    change = last["persons"] - now["persons"]
    share = formats.percent(100 * abs(change) / now["persons"])
    direction = f"{share} {'færre' if change < 0 else 'flere'} enn i {now['year']}"
    return text + (
        f"I {last['year']} ventes {formats.whole(last['persons'])}, {direction} "
        f"(80 %-intervall {formats.interval(last['p10'], last['p90'])})."
    )


def _pupils(run: Run) -> str:
    row = county_rows(run, "expected").get(ALL)
    if row is None or row["pupils_now"] is None:
        return ""
    change = formats.signed(round(row["pupils_mean"]) - round(row["pupils_now"]))
    return (
        f"Skoleåret {run.school_year} ventes {formats.estimate(row['pupils_mean'])} elever "
        f"(80 %-intervall {formats.interval(row['pupils_p10'], row['pupils_p90'])}), mot "
        f"{formats.whole(row['pupils_now'])} ved siste telling ({run.periods.pupils}): {change}."
    )


def _shortage(run: Run) -> str:
    first = _assessed(run, "mangel", FIRST)
    later = [
        name
        for level in sorted(set(run.frames["places"]["level"]) - {ALL, FIRST})
        for name in _assessed(run, "mangel", level)
    ]
    text = (
        f"På Vg1, der inntaket avgjøres, mangler det plasser i {_list(first)}{SURE}."
        if first
        else "På Vg1, der inntaket avgjøres, er det ikke i noe program minst 80 % sannsynlig at "
        "det mangler plasser."
    )
    if later:
        text += f" På Vg2 og Vg3 mangler det plasser i {_list(later)}{SURE}."
    return text


def _surplus(run: Run) -> str:
    first = _assessed(run, "overskudd", FIRST)
    if not first:
        return f"Ingen program har flere plasser enn behov på Vg1{SURE}."
    return f"Det er flere plasser enn behov i {_list(first)}{SURE}."


def _open(run: Run) -> str:
    """How many programmes are open on Vg1, and how those lean that lean most."""
    rows = list(county_rows(run, "places", level=FIRST).values())
    unsure = [r for r in rows if r["assessment"] == "uavklart"]
    even = sum(1 for r in rows if r["assessment"] == "balanse")
    if not unsure:
        return ""
    over = sum(1 for r in unsure if r["p_surplus"] > max(r["p_shortage"], r["p_balance"]))
    short = sum(1 for r in unsure if r["p_shortage"] > max(r["p_surplus"], r["p_balance"]))
    rest = len(unsure) - over - short
    return (
        f"For {len(unsure)} av {len(rows)} utdanningsprogram på Vg1 er svaret uavklart: {over} "
        f"heller mot overskudd, {short} mot mangel og {rest} mot balanse. "
        f"{even} program er i balanse."
    )


def _assessed(run: Run, verdict: str, level: str) -> list[str]:
    """Programmes of the county with a verdict on a level: name, level and places less need."""
    rows = county_rows(run, "places", level=level)
    return [
        f"{_low(p.name)} Vg{level} ({formats.signed(-row['gap_mean'])})"
        for p in run.programmes
        if (row := rows.get(p.code)) and row["assessment"] == verdict
    ]


def _apprenticeship(run: Run) -> str:
    row = county_rows(run, "apprenticeship").get(ALL)
    if row is None:
        return ""
    return (
        f"Av {formats.whole(row['applicants_mean'])} ventede søkere til læreplass ventes "
        f"{formats.whole(row['placed_mean'])} å få plass og "
        f"{formats.whole(row['unplaced_mean'])} å stå uten "
        f"(80 %-intervall {formats.interval(row['unplaced_p10'], row['unplaced_p90'])})."
    )


def _placement(run: Run) -> list[str]:
    flagged = [n for n in notes(run) if n["month"] == DECEMBER]
    return [
        f"Formidlingen per {formats.month(n['month'])} {n['year']} var "
        f"{formats.percent(n['percent'])}. {n['note']}"
        for n in flagged[-1:]
    ]


def _record(run: Run) -> str:
    frame = run.frames["track_record"]
    fallen = fallbacks(run)
    if frame.is_empty():
        return "Anslagene har ingen prøver mot tidligere år ennå, og må brukes med varsomhet."
    if not fallen:
        return ""
    names = formats.listing([_low(s) for s in fallen])
    return (
        f"Modellen slo ikke den enkle sammenlikningen for {names}: der bygger rapporten på "
        "sammenlikningen."
    )


def _list(names: list[str]) -> str:
    # Names of programmes hold «og» and commas themselves.
    return "; ".join(names)


def _low(name: str) -> str:
    return name[:1].lower() + name[1:] if name[1:2].islower() else name
