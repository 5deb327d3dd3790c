"""The runner: tells the Prefect server what `prefect.yaml` declares, and runs what it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import yaml

from tasks.settings import CHECKOUT

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment


def declared() -> list[dict[str, Any]]:
    """The deployments of `prefect.yaml`."""
    text = (CHECKOUT / "prefect.yaml").read_text(encoding="utf-8")
    return list(yaml.safe_load(text)["deployments"])


def main() -> None:
    """Run scheduled and asked-for flows, one at a time, until told to stop."""
    from prefect import serve

    made = [_deployment(entry) for entry in declared()]
    _let_cycles_wait(made)
    serve(*made, limit=1, print_starting_message=False)


def _let_cycles_wait(made: list[RunnerDeployment]) -> None:
    """Cycles that are open in the journal have a run that waits, whatever became of the last."""
    from flows import cycle_server
    from tasks.cycle import state
    from tasks.journal import Journal
    from tasks.settings import Settings

    settings = Settings()
    entries = Journal(settings.rooms.journal).entries()
    cycles = [one.cycle.id for one in state.open_cycles(entries)]
    if cycles:
        for deployment in made:
            if deployment.name == cycle_server.DEPLOYMENT:
                deployment.apply()
        cycle_server.heal(settings, cycles)


def _deployment(entry: dict[str, Any]) -> RunnerDeployment:
    # Not `prefect deploy`: it asks the server in a way that the server's own library refuses.
    from prefect.flows import load_flow_from_entrypoint
    from prefect.schedules import Cron

    made = load_flow_from_entrypoint(entry["entrypoint"]).to_deployment(
        name=entry["name"],
        description=entry["description"],
        tags=entry["tags"],
        # A runner that stops pauses its schedules, so that nights gone by do not pile up.
        paused=False,
        schedules=[
            Cron(schedule["cron"], timezone=schedule["timezone"])
            for schedule in entry.get("schedules", [])
        ],
    )
    return cast("RunnerDeployment", made)


if __name__ == "__main__":
    main()
