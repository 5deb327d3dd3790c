"""The main findings as sentences, made from the figures of the run and nothing else."""

from __future__ import annotations

from tasks.publish import formats
from tasks.publish.accuracy import fallbacks
from tasks.publish.apprentices import DECEMBER, notes
from tasks.publish.parts import county_rows
from tasks.publish.tables import ALL, Run
from tasks.publish.young_people import cohort_marks, cohort_rows


def sentences(run: Run) -> list[str]:
    """Four to seven findings, most important first."""
    found = [_cohort(run), _pupils(run), *_assessments(run), _apprenticeship(run), *_placement(run)]
    return [f for f in [*found, _record(run)] if f]


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
        f"{formats.whole(row['pupils_now'])} ved siste telling ({change})."
    )


def _assessments(run: Run) -> list[str]:
    rows = county_rows(run, "places", level=ALL)
    by: dict[str, list[str]] = {"mangel": [], "overskudd": [], "balanse": [], "uavklart": []}
    for programme in run.programmes:
        if row := rows.get(programme.code):
            number = formats.signed(-row["gap_mean"])
            by[row["assessment"]].append(f"{_low(programme.name)} ({number})")
    sure = []
    if by["mangel"]:
        sure.append(f"mangler det plasser i {_list(by['mangel'])}")
    if by["overskudd"]:
        sure.append(f"er det flere plasser enn behov i {_list(by['overskudd'])}")
    texts = [
        f"Med minst 80 % sannsynlighet {'. Like sikkert '.join(sure)}."
        if sure
        else "Ingen utdanningsprogram har mangel eller overskudd av plasser med minst 80 % "
        "sannsynlighet."
    ]
    total = sum(len(names) for names in by.values())
    rest = f"{len(by['balanse'])} er i balanse. " if by["balanse"] else ""
    if by["uavklart"]:
        texts.append(
            f"For {len(by['uavklart'])} av {total} utdanningsprogram er svaret uavklart: tallene "
            f"gir ikke grunnlag for å si mangel, balanse eller overskudd. {rest}".strip()
        )
    elif rest:
        texts.append(f"Av {total} utdanningsprogram er {rest}".strip())
    return texts


def _apprenticeship(run: Run) -> str:
    row = county_rows(run, "apprenticeship").get(ALL)
    if row is None:
        return ""
    return (
        f"Av {formats.estimate(row['applicants_mean'])} ventede søkere til læreplass ventes "
        f"{formats.estimate(row['placed_mean'])} å få plass og "
        f"{formats.estimate(row['unplaced_mean'])} å stå uten "
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
