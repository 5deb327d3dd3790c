"""Commands of the statistics committee: see indicators, comment, release, correct."""

from __future__ import annotations

from typing import Any

import polars as pl

from flows import show
from flows.case_commands import AFTERWARDS
from tasks import indicators, names, warehouse
from tasks.errors import NotFound, WrongUse
from tasks.journal import Journal
from tasks.publish import formats
from tasks.settings import Project, Settings, oslo_today

# The newest year of each indicator in an area, with what the committee has said.
_NEWEST = """
    select
        indicator.indicator_code, indicator.indicator, figure.year, figure.value, figure.change,
        figure.rank, figure.counties, figure.constructed, indicator.status,
        figure.release_state, figure.comment
    from mart.indicator as indicator
    left join (
        from mart.indicator_value
        where area_code = ? and value is not null
        qualify year = max(year) over (partition by indicator_code)
    ) as figure
        on indicator.indicator_code = figure.indicator_code
    order by indicator.indicator_code
"""
_DEVIATING = """
    select indicator_code, area, year, released_value, value
    from mart.indicator_value
    where release_state = 'avviker'
    order by all
"""
_FIGURES = "select indicator_code, area_code, year, value from mart.indicator_value order by all"


def listed(area: str, as_json: bool) -> None:
    """Print every indicator with its newest value in an area."""
    with warehouse.connect_published(Settings().rooms) as con:
        known = con.execute("select 1 from mart.area where area_code = ?", [area]).fetchall()
        if not known:
            raise NotFound(
                subject=area,
                expected="en områdekode",
                got="en ukjent",
                remedy="kodene står i tabellen mart.area",
            )
        found = warehouse.frame(con, _NEWEST, [area])
        deviating = warehouse.frame(con, _DEVIATING)
    if as_json:
        show.as_json(found.to_dicts())
        return
    rows = found.with_columns(
        pl.when(pl.col("rank").is_not_null())
        .then(pl.format("{} av {}", "rank", "counties"))
        .alias("place"),
        pl.coalesce("release_state", "status").alias("standing"),
        pl.col("comment").is_not_null().alias("commented"),
    )
    columns = {
        "indicator_code": "kode",
        "year": "år",
        "value": "prosent",
        "change": "endring",
        "place": "plass",
        "standing": "tilstand",
        "commented": "kommentert",
        "constructed": "konstruert",
        "indicator": "indikator",
    }
    show.as_table(tuple(columns.values()), rows.select(*columns).rows())
    if not deviating.is_empty():
        show.line()
        show.line("Frigitte tall som kildene nå sier noe annet om:")
        show.as_table(("kode", "område", "år", "frigitt", "nå"), deviating.rows())


def comment(indicator: str, organisation: str, by: str, text: str, base: int | None) -> None:
    """Journal a signed comment."""
    reference = Project().reference
    year = _base(base)
    indicators.comment(
        Journal(Settings().rooms.journal),
        names.of(reference / "indicator.csv", "indicator_code", "indicator"),
        names.of(reference / "committee_member.csv", "organisation_code", "organisation"),
        base=year,
        indicator=indicator,
        organisation=organisation,
        signed_by=by,
        text=text,
    )
    show.line(f"Kommentaren til {indicator} i kunnskapsgrunnlaget {year} er ført. {AFTERWARDS}")


def release(by: str, base: int | None) -> None:
    """Release the knowledge base of a year."""
    settings, year = Settings(), _base(base)
    figures, as_of = _figures(settings)
    number = indicators.release(
        Journal(settings.rooms.journal), figures, base=year, released_by=by, as_of=as_of
    )
    told = formats.number(number)
    show.line(f"Kunnskapsgrunnlaget {year} er frigitt med {told} tall, per {as_of}. {AFTERWARDS}")


def correct(
    indicator: str, reason: str, by: str, base: int | None, area: str | None, year: int | None
) -> None:
    """Correct released figures to what the sources say now."""
    settings = Settings()
    figures, _ = _figures(settings)
    told = indicators.correct(
        Journal(settings.rooms.journal),
        figures,
        base=_base(base),
        indicator=indicator,
        reason=reason,
        corrected_by=by,
        area=area,
        year=year,
    )
    show.as_table(("område", "år", "frigitt", "rettet til"), told.rows())
    show.line(f"Det som ble frigitt, er beholdt. {AFTERWARDS}")


def _base(base: int | None) -> int:
    """The knowledge base: this year's unless another is named."""
    this = oslo_today().year
    if base is not None and abs(base - this) > 1:
        raise WrongUse(
            subject="--base",
            expected=f"i år, i fjor eller neste år ({this - 1} til {this + 1})",
            got=str(base),
            remedy="rett årstallet",
        )
    return base or this


def _figures(settings: Settings) -> tuple[pl.DataFrame, str]:
    with warehouse.connect_published(settings.rooms) as con:
        found: Any = con.execute("select as_of from audit.night").fetchall()
        return warehouse.frame(con, _FIGURES), found[0][0].isoformat()
