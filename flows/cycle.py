"""The year's cycle: one run a cycle, suspended between what people do.

The journal decides what is done. Each time the run wakes it first journals the forms that were sent
to it and are not in the journal yet, then asks for the next thing and is suspended. So it may be
stopped anywhere, by restarts or new code, and started again: nothing is done twice.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Union, cast

from prefect import flow, get_client, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.flow_runs import suspend_flow_run
from prefect.input.actions import filter_flow_run_input
from prefect.input.run_input import run_input_subclass_from_type
from prefect.runtime import flow_run
from pydantic import BaseModel, ConfigDict, Field, create_model

from flows.cycle_words import markdown, request
from tasks.cycle import acting, acts, standing
from tasks.cycle.acting import Actor
from tasks.cycle.standing import Standing
from tasks.cycle.state import State
from tasks.errors import LandingCorrupt, NotFound, WrongUse
from tasks.settings import Settings

# Forms of one cycle that the server is asked for; a year has some tens.
MOST_FORMS = 2_000
# What is wrong with a form. Anything else (no room, a busy journal) is tried again later.
REFUSALS = (WrongUse, NotFound, LandingCorrupt)
NAME = r"^(20\d\d/\d\d|fagskole-20\d\d)$"


class Form(BaseModel):
    """What every form asks: who acts, and when."""

    model_config = ConfigDict(extra="forbid")
    by: str = Field(
        min_length=1,
        max_length=200,
        title="Hvem",
        description="Enheten eller rollen som handler. Den føres som oppgitt.",
    )
    on: date | None = Field(
        None, title="Dato", description="Når det skjedde. Tomt: i dag. Ikke fram i tid."
    )


# The results are JSON, which any later version of the code can read.
@task(
    name="før",
    task_run_name="før-{token}",
    persist_result=True,
    result_serializer="json",
    cache_policy=NO_CACHE,
)
def take(name: str, token: str, stage: str, said: dict[str, Any]) -> dict[str, Any]:
    """Journal what a form says; what the rules refuse is journalled as refused, and asked anew."""
    settings = Settings()
    try:
        form = Form.model_validate({k: v for k, v in said.items() if k != "act"})
        actor = Actor(form.by, user=None, via="prefect")
        wanted = dict(said["act"])
        acting.act(settings, name, wanted, actor, on=form.on, token=token, stage=stage)
    except (*REFUSALS, ValueError, KeyError, TypeError) as error:
        acting.refuse(settings, name, token, str(error), said)
        return {"token": token, "refused": str(error)}
    return {"token": token, "refused": None}


@task(
    name="fortell",
    task_run_name="fortell-{number}",
    persist_result=True,
    result_serializer="json",
    cache_policy=NO_CACHE,
)
def tell(name: str, number: int) -> dict[str, Any]:
    """Show on Prefect's page where the cycle stands."""
    found = stands(Settings(), name)
    key = "aarshjul-" + re.sub(r"[^0-9a-z]", "-", name)
    create_markdown_artifact(markdown(found), key=key, description=f"Årshjulet {name}")
    return {"stage": found.state.stage, "number": number}


@flow(
    name="årshjul",
    description="Årshjulet for ett skoleår: venter på mennesker mellom trinnene.",
    flow_run_name="årshjul-{cycle}",
    validate_parameters=True,
    persist_result=True,
    result_serializer="json",
    retries=10,
    retry_delay_seconds=60,
)
def year(
    cycle: Annotated[str, Field(pattern=NAME)] = Field(
        "2027/28",
        description="Skoleåret, skrevet som 2027/28, eller fagskole-2027 for fagskoletilskudd.",
        json_schema_extra={"title": "Årshjul"},
    ),
) -> str:
    """Wait for people through the stages of one cycle.

    Returns:
        The stage it ended in.
    """
    settings = Settings()
    acting.start(settings, cycle, Actor("Årshjulet", via="prefect"))
    while True:
        found = stands(settings, cycle)
        if journal_forms(cycle, found.state):
            continue
        tell(cycle, found.state.number)
        if found.state.over:
            return found.state.stage
        suspend_flow_run(wait_for_input=form_of(found), key=fresh_key(found.state))


def journal_forms(name: str, state: State) -> bool:
    """Journal the forms that were sent and are not in the journal; whether there were any."""
    found = False
    for key, said in _sent():
        token = f"{flow_run.id}:{key}"
        if token in state.tokens:
            continue
        stages = state.cycle.stages
        place = int(key.split("-")[2])  # suspended-<number>-<place>-<attempt>
        # A form of an older version may name a stage that is no more.
        stage = stages[place] if place < len(stages) else ""
        take(name, token, stage, said)
        found = True
    return found


def stands(settings: Settings, name: str) -> Standing:
    """Where one cycle stands today."""
    (found,) = [one for one in standing.all_of(settings) if one.state.cycle.id == name]
    return found


def form_of(found: Standing) -> type[BaseModel]:
    """The form of the present stage: who, when, and one of the acts that are possible."""
    state = found.state
    kinds = acts.possible(state.stage, state.cycle.place(state.stage) == 0)
    choice: Any = Union[tuple(kinds)]  # noqa: UP007
    # No discriminator: Prefect's page shows `anyOf` as one tab per act, and `oneOf` not at all.
    field = Field(title="Handling", description="Det som er gjort.")
    fields: dict[str, Any] = {"act": (Annotated[choice, field], ...)}
    made: Any = run_input_subclass_from_type(create_model("Årshjul", __base__=Form, **fields))
    return cast("type[BaseModel]", made.with_initial_data(description=request(found)))


def fresh_key(state: State) -> str:
    """A key that this run has not waited on before: one that has fired would not wait again."""
    place = state.cycle.place(state.stage)
    with get_client(sync_client=True) as client:
        policy = client.read_flow_run(cast(Any, flow_run.id)).empirical_policy
    used = set(policy.pause_keys or ())
    attempt = 0
    while (key := f"{state.number}-{place}-{attempt}") in used:
        attempt += 1
    return key


def _sent() -> list[tuple[str, dict[str, Any]]]:
    """The forms that were sent to this run, oldest first, whichever wait they answer."""
    inputs: Any = filter_flow_run_input("suspended-", limit=MOST_FORMS)
    answers = [one for one in inputs if re.fullmatch(r"suspended-\d+-\d+-\d+-response", one.key)]
    answers.sort(key=lambda one: [int(part) for part in re.findall(r"\d+", one.key)])
    return [(one.key, one.decoded_value) for one in answers]
