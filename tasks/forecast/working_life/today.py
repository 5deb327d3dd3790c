"""How it stands today: shortage of labour, and places for those who apply for apprenticeship."""

from __future__ import annotations

import polars as pl

from tasks.errors import NotFound
from tasks.forecast import labour
from tasks.forecast.marts import FLOW, LABOUR, of
from tasks.forecast.working_life.drawn import Drawn
from tasks.forecast.working_life.schemas import SCHEMAS, cast, note

SHORTAGE = "mangel på arbeidskraft i dag"


def shortage(drawn: Drawn) -> tuple[dict[str, pl.DataFrame], list[pl.DataFrame]]:
    """Tables `shortage_now` and `shortage_by_occupation`, and a note where there is no survey.

    Args:
        drawn: Gives the marts, those who work now, and the key of the draws.
    """
    marts, model = of(drawn.frames, LABOUR), drawn.needed.model
    (seed, county), employed = drawn.key, drawn.needed.model.staffing.employed
    notes = []
    try:
        now = labour.now_cast(marts, model.data, model.rules, employed, (seed, county, drawn.draws))
    except NotFound as missing:
        now = pl.DataFrame(schema=SCHEMAS["shortage_now"])
        notes.append(note(SHORTAGE, str(missing)))
    old = labour.by_occupation(marts, model.data, employed, county)
    return {
        "shortage_now": cast(now, "shortage_now"),
        "shortage_by_occupation": cast(old, "shortage_by_occupation"),
    }, notes


def apprentices(drawn: Drawn) -> pl.DataFrame:
    """Table `apprenticeship_coverage`: contracts per applicant at the newest count."""
    frames, (seed, county) = of(drawn.frames, FLOW), drawn.key
    found = labour.coverage_by_area(
        frames["placement"], frames["trade_areas"], (seed, county, drawn.draws)
    )
    return cast(found, "apprenticeship_coverage")
