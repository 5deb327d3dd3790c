"""A plan taken into a meeting and back: what is set by hand, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows import show
from tasks import plan_amendments, plan_returned, plans, runs
from tasks.errors import WrongUse
from tasks.plans import Stored
from tasks.publish import classes_workbook, formats
from tasks.settings import Rooms, Settings

if TYPE_CHECKING:
    from tasks.places.by_hand import Rest

_CSV = ".csv"
_DOING = {
    "hold": "plasserer elevene på nytt, og begrunner klassene",
    "search": "regner klassene på nytt; det kan ta noen minutter",
}
# As many classes that followed are named.
_MOST = 20


def export(plan: str, out: Path | None) -> None:
    """Write the workbook of a plan."""
    rooms = Settings().rooms
    stored = plans.read_plan(rooms, plan)
    path = out or Path(f"klasser-{stored.id}.xlsx")
    if not path.absolute().parent.is_dir():
        raise WrongUse(
            subject=f"--out {path}",
            expected="en fil i en mappe som finnes",
            got=f"ingen mappe {path.absolute().parent}",
            remedy="lag mappen, eller velg en annen",
        )
    classes_workbook.write(stored, runs.read(rooms, stored.manifest["run"]).manifest, path)
    show.line(f"Arbeidsboken ligger i {show.relative(path)}")
    show.wrapped(
        "Fyll ut «Nye klasser» og «Begrunnelse» i arket «Klasser», lagre, og les inn med "
        f"«tilbudsplan plan import {path.name}»."
    )


def take(file: Path, plan: str | None, rest: Rest, as_json: bool) -> None:
    """Set what a workbook or a CSV says by hand, and tell what it changes and costs."""
    settings = Settings()
    former, fixed = _asked(settings.rooms, file, plan)
    with show.progress():
        show.step(_DOING[rest])
        made = plan_amendments.amend(settings, former.id, fixed, rest)
    new = plans.read_plan(settings.rooms, made)
    if as_json:
        show.as_json(_plain(former, new))
        return
    if new.id == former.id:
        show.line(f"Ingenting er endret: {file.name} sier det samme som plan {former.id}.")
        return
    _print(former, new)
    show.line()
    show.line(f"{'Ny plan' if 'amends' in new.manifest else 'Plan'}: {new.id}")
    show.line(f"Planen ligger i {show.relative(settings.rooms.plans / new.id)}")
    show.wrapped(f"Inntaket og dokumentet: «tilbudsplan plan intake {new.id}».")


def _asked(
    rooms: Rooms, file: Path, plan: str | None
) -> tuple[Stored, dict[tuple[str, str], tuple[float, str]]]:
    """The plan that a file is of, and all that is to be set by hand in it."""
    is_csv = file.suffix.lower() == _CSV
    if is_csv == (plan is None):
        raise WrongUse(
            subject=str(file),
            expected="--plan PLAN sammen med en CSV-fil, og bare da",
            got="en CSV-fil uten --plan" if is_csv else "--plan og en arbeidsbok",
            remedy="skriv planen som CSV-filen gjelder; en arbeidsbok sier selv hvilken den er av",
        )
    if plan is not None:
        stored = plans.read_plan(rooms, plan)
        return stored, plan_amendments.standing(stored) | plan_amendments.read_csv(file)
    returned = plan_returned.open_file(file)
    stored = plans.read_plan(rooms, returned.plan)
    return stored, plan_returned.read(returned, stored)


def _print(former: Stored, new: Stored) -> None:
    moved = plan_amendments.moves(former, new)
    by_hand = [m for m in moved if m["reason"]]
    if by_hand:
        show.line("Satt for hånd:")
    elif not new.tables["fixed"].height:
        show.line("Ingenting er satt for hånd lenger.")
    for one in by_hand:
        show.wrapped(f"{_named(one)}: {one['reason']}", "  – ")
    if followed := [m for m in moved if not m["reason"]]:
        show.line(f"Ikke satt for hånd, men endret, {len(followed)} tilbud:")
        for one in followed[:_MOST]:
            show.wrapped(_named(one), "  – ")
        if len(followed) > _MOST:
            show.line(f"  – og {len(followed) - _MOST} til; --json gir alle")
    else:
        show.line("Alle andre klasser står som de var.")
    show.line()
    show.line("Hva det koster i hvert mål (et mindre tall er bedre):")
    head = ("nr.", "mål", "enhet", "før", "nå", "endring", "")
    show.as_table(head, [_goal(row) for row in plan_amendments.costs(former, new)], indent="  ")
    if distance := classes_workbook.distance(new):
        show.line()
        show.line(f"Avstand til planen uten noe satt for hånd ({new.manifest['unforced']}):")
        for name, told in distance:
            show.line(f"  {name}: {told}")


def _named(one: Mapping[str, Any]) -> str:
    before, now = (show.text(float(one[name])) for name in ("before", "classes"))
    where = f"{one['school']}, {one['programme_area']} (Vg{one['level']})"
    return f"{where}: {now}, som før" if before == now else f"{where}: {before} → {now}"


def _goal(row: Mapping[str, Any]) -> tuple[Any, ...]:
    digits = 0 if row["goal"] == "kostnad" else 1
    before, value = (formats.decimal(row[name], digits) for name in ("before", "value"))
    near = "innenfor nær nok" if row["near"] else ""
    change = classes_workbook.signed(row["change"])
    return row["order"], row["goal_name"], row["unit"], before, value, change, near


def _plain(former: Stored, new: Stored) -> dict[str, Any]:
    return {
        "plan": new.id,
        "amends": former.id,
        "unforced": plan_amendments.unforced_of(new),
        "classes": plan_amendments.moves(former, new),
        "goals": plan_amendments.costs(former, new),
        "distance": dict(new.tables["distance"].iter_rows()),
    }
