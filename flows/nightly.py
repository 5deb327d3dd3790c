"""The night: fetch and land -> parse -> build, check and publish -> clear -> send."""

from __future__ import annotations

from typing import Any, cast

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from pydantic import Field

from flows import mailing, workers
from flows.show import step
from flows.sources import hear, source_server
from flows.summary import night_summary
from tasks import night as stages
from tasks.errors import SourceUnavailable
from tasks.locks import night_lock
from tasks.night import Outcome
from tasks.retention import work as retention
from tasks.settings import Settings

WORKERS = 8


def worth_another_try(_task: Any, _run: Any, state: Any) -> bool:
    """Whether the source may answer if asked again: a changed source will not."""
    return isinstance(state.result(raise_on_failure=False), SourceUnavailable)


land = task(
    name="land",
    task_run_name="land-{dataset_id}",
    retries=1,
    retry_condition_fn=worth_another_try,
    cache_policy=NO_CACHE,
)(stages.land_dataset)
parse = task(name="parse", task_run_name="parse-{dataset_id}", cache_policy=NO_CACHE)(
    stages.parse_landed
)
build = task(name="build", cache_policy=NO_CACHE)(workers.beside("build", stages.build))
clear = task(name="clear", cache_policy=NO_CACHE)(retention.tidy)


@task(name="send", cache_policy=NO_CACHE)
def send() -> None:
    """Send what waits. The settings are read here: no argument carries the password."""
    if wrong := mailing.remind(Settings()):
        get_run_logger().warning("Årshjulet er ikke minnet om: %s", wrong)
    if trouble := mailing.send(Settings()).trouble:
        get_run_logger().warning("E-post venter: %s", trouble)


@flow(
    name="natt",
    description="Henter alle datasett, kontrollerer dem og publiserer dem for neste dag.",
    task_runner=cast(TaskRunner[PrefectFuture[Any]], ThreadPoolTaskRunner(max_workers=WORKERS)),
)
def nightly(
    datasets: list[str] = Field(
        [],
        description="Navn fra «tilbudsplan sources». Tomt: alle.",
        json_schema_extra={"title": "Datasett"},
    ),
    full: bool = Field(
        False,
        description="Tolk også det som er uendret siden sist.",
        json_schema_extra={"title": "Tolk alt på nytt"},
    ),
    ignore_windows: bool = Field(
        False,
        description="Spør også når kilden ber om å få være i fred.",
        json_schema_extra={"title": "Se bort fra lukketid"},
    ),
) -> Outcome:
    """Carry every dataset from its source to the published warehouse, and tell what went wrong."""
    workers.start("build")
    try:
        with source_server(Settings()) as settings, night_lock(settings.rooms.lock):
            return carry(settings, datasets, full=full, ignore_windows=ignore_windows)
    finally:
        send()


def carry(settings: Settings, datasets: list[str], *, full: bool, ignore_windows: bool) -> Outcome:
    """Everything of a night but its mails; the caller holds the night lock."""
    night = stages.begin(settings, hear=hear)
    with stages.accounted(night):
        chosen = [dataset.id for dataset in night.catalogue.select(datasets)]
        fetch = land.with_options(retry_delay_seconds=settings.retry_pause_seconds)
        asked = {"ignore_windows": ignore_windows, "full": full}
        landed = {d: fetch.submit(night, d, **asked) for d in chosen}
        # Prefect hands the landed snapshot on once it is there, and skips what never came.
        parsed = {d: parse.submit(night, d, cast(str | None, landed[d]), full=full) for d in chosen}
        candidates = []
        for number, dataset in enumerate(chosen, start=1):
            came = stages.what_came_of(dataset, landed[dataset].result, parsed[dataset].result)
            candidates.append(came)
            step("henter og tolker", number, len(chosen))

        step("bygger, kontrollerer og publiserer")
        outcome = build(night, candidates)
    create_markdown_artifact(night_summary(outcome), key="natt", description="Nattens oppsummering")
    step("rydder")
    clear(night)
    return outcome
