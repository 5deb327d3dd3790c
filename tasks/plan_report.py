"""The document of a stored plan: the plan, its intake and its run, written as one page."""

from __future__ import annotations

from pathlib import Path

from tasks import plan_intake, plan_tradeoff, plans
from tasks.errors import WrongUse
from tasks.settings import Rooms, Settings


def execute(settings: Settings, plan_id: str) -> Path:
    """Write the document of a plan to `reports/<plan>/`.

    Args:
        settings: Folders.
        plan_id: The plan.

    Returns:
        The file.

    Raises:
        NotFound: No such plan, or its run or the published night is not there.
        LandingCorrupt: A table of the plan, its intake or a trade-off is not what was written.
        WrongUse: The plan is of an earlier edition and lacks what the document tells.
    """
    from tasks.places import tables
    from tasks.publish import plan
    from tasks.publish.plan_parts import Front

    rooms = settings.rooms
    stored = plans.read_plan(rooms, plan_id)
    if missing := [name for name in tables.NAMES if name not in stored.tables]:
        raise WrongUse(
            subject=f"planen {plan_id}",
            expected="alle tabellene som dokumentet leser",
            got=f"en av en eldre utgave, uten {', '.join(missing)}",
            remedy=f"lag en ny med «tilbudsplan plan places {stored.manifest['run']}»",
        )
    intake = plan_intake.of_plan(rooms, plan_id)
    proposal = plan.read(
        plan_id,
        stored.manifest,
        stored.tables,
        rooms.runs / stored.manifest["run"],
        rooms.warehouse,
        (intake.manifest, intake.tables) if intake else None,
        [
            Front(*plan_tradeoff.goals_of(one), one.tables[plan_tradeoff.TABLE])
            for one in plan_tradeoff.of_plan(rooms, plan_id)
        ],
    )
    return plan.write(proposal, rooms.reports / plan_id)


def newest(rooms: Rooms, run_id: str) -> Path | None:
    """The document that was written last of the plans of a run; None where there is none."""
    from tasks.publish.plan import HTML

    # A plan's name begins with its run's.
    written = rooms.reports.glob(f"{run_id}-*/{HTML}")
    return max(written, key=lambda file: file.stat().st_mtime_ns, default=None)
