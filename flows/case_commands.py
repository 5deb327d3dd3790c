"""Commands on cases: what became of the needs that were told, and the answers to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from flows import show
from tasks import cases, warehouse
from tasks.errors import NotFound, WrongUse
from tasks.forms import tables
from tasks.journal import Journal
from tasks.settings import Project, Settings

AFTERWARDS = "Tabellene viser det etter neste natt, eller etter «tilbudsplan build»."
_SHOWN = {
    "need_id": "behov",
    "submission": "innsending",
    "source_kind": "skjema",
    "organisation": "fra",
    "round": "runde",
    "where": "sted",
    "what": "gjelder",
    "persons": "antall",
    "priority": "prioritet",
    "state": "tilstand",
    "verdict": "svar",
}


def listed(state: str | None, unanswered: bool, as_json: bool) -> None:
    """Print the needs that stand, with state and answer."""
    settings = Settings()
    rows = _needs(settings)
    if state is not None and state not in (known := cases.read_rules(Project().reference).follows):
        raise WrongUse(
            subject="--state",
            expected=f"en av {', '.join(known)}",
            got=f"«{state}»",
            remedy="rett skrivemåten",
        )
    if state is not None:
        rows = rows.filter(pl.col("state") == state)
    if unanswered:
        rows = rows.filter(pl.col("verdict").is_null(), pl.col("source_kind") != "bedrift")
    if as_json:
        show.as_json(rows.to_dicts())
        return
    if rows.is_empty():
        show.line("Ingen slike behov. Skjemaer tas imot med «tilbudsplan form take».")
        return
    show.as_table(tuple(_SHOWN.values()), rows.select(*_SHOWN).rows())


def shown(need_id: str, as_json: bool) -> None:
    """Print everything known of one need, and how it was treated."""
    settings = Settings()
    entries = Journal(settings.rooms.journal).entries()
    found = _needs(settings, withdrawn=True).filter(pl.col("need_id") == need_id)
    if found.is_empty():
        raise NotFound(
            subject=need_id,
            expected="et meldt behov",
            got="et ukjent",
            remedy="«tilbudsplan case list» viser behovene",
        )
    changes = cases.frames(entries)["case_state_change"].filter(pl.col("need_id") == need_id)
    if as_json:
        show.as_json({**found.row(0, named=True), "changes": changes.to_dicts()})
        return
    for name, value in found.row(0, named=True).items():
        if value is not None:
            show.line(f"{_LABELS.get(name, name)}: {show.text(value)}")
    if not changes.is_empty():
        show.line()
        told = ["state", "decided_on", "by", "body", "offer_code", "started_on", "participants"]
        told.append("reason")
        bodies = cases.read_rules(Project().reference).bodies
        named = changes.with_columns(pl.col("body").replace(bodies))
        show.as_table([_LABELS[name] for name in told], named.select(*told).rows())
    answers = cases.frames(entries)["case_answer"]
    given = answers.filter(pl.col("subject").is_in([need_id, found["submission"][0]]))
    if not given.is_empty():
        show.line()
        told = ["subject", "verdict", "answered_on", "by", "sent_to", "reason"]
        show.as_table([_LABELS[name] for name in told], given.select(*told).rows())


def set_state(
    need_id: str,
    state: str,
    by: str,
    body: str | None,
    offer: str | None,
    started: datetime | None,
    participants: int | None,
    reason: str | None,
    decided: datetime | None,
) -> None:
    """Journal a new state of a need."""
    settings = Settings()
    change = cases.Change(
        need_id,
        state,
        by,
        body=body,
        offer_code=offer,
        started_on=started.date() if started else None,
        participants=participants,
        reason=reason,
        decided_on=decided.date() if decided else None,
    )
    rules = cases.read_rules(Project().reference)
    told = cases.set_state(Journal(settings.rooms.journal), change, rules, _offers(settings))
    to = f", koblet til {told.offer_code}" if told.offer_code else ""
    show.line(f"Behovet {need_id} er nå «{told.state}»{to}.")
    show.line(AFTERWARDS)


def undo(need_id: str, reason: str, by: str) -> None:
    """Journal that the last change of a need was a mistake."""
    stands = cases.undo(Journal(Settings().rooms.journal), need_id, reason, by)
    show.line(f"Angret. Behovet {need_id} er igjen «{stands}». {AFTERWARDS}")


def answer(subject: str, verdict: str, reason: str, by: str, sent_to: str | None) -> None:
    """Journal the answer to a need, or to all needs of a submission."""
    journal = Journal(Settings().rooms.journal)
    number = cases.answer(journal, subject, verdict, reason, by, sent_to)
    behov = "ett behov" if number == 1 else f"{number} behov"
    show.line(f"Svaret «{verdict}» er ført for {behov}. {AFTERWARDS}")


def _needs(settings: Settings, *, withdrawn: bool = False) -> pl.DataFrame:
    """The needs as the journal has them, with names from the published warehouse."""
    entries = Journal(settings.rooms.journal).entries()
    needs = tables.frames(entries)["need"]
    told = cases.frames(entries)
    changes = told["case_state_change"].sort("change").unique("need_id", keep="last")
    answers = told["case_answer"].select("subject", "verdict")
    names = _names(settings)
    rows = (
        needs.join(changes.select("need_id", "state"), on="need_id", how="left")
        .join(answers, left_on="need_id", right_on="subject", how="left")
        .join(answers, left_on="submission", right_on="subject", how="left", suffix="_shared")
        .with_columns(
            pl.col("state").fill_null(cases.REPORTED),
            pl.coalesce("verdict", "verdict_shared").alias("verdict"),
            _named(names, "municipality_code", "region_code").alias("where"),
            pl.coalesce(
                _named(names, "occupation_code", "programme_area_code"), "competence"
            ).alias("what"),
        )
        .drop("verdict_shared")
        .sort("round", "submission", "need_id")
    )
    return rows if withdrawn else rows.filter(~pl.col("withdrawn"))


def _named(names: dict[str, str], *columns: str) -> pl.Expr:
    """The name of the first code that is told, else the code."""
    return pl.coalesce(*columns).replace(names)


def _names(settings: Settings) -> dict[str, str]:
    """Names of areas, occupations and programme areas by code; none before the first night."""
    try:
        con = warehouse.connect_published(settings.rooms)
    except NotFound:
        return {}
    with con:
        found = con.execute(
            "select area_code, area from mart.area "
            "union all select occupation_code, occupation from staging.occupation "
            "union all select programme_area_code, name from staging.programme_area"
        ).fetchall()
    return {code: name for code, name in found if name}


def _offers(settings: Settings) -> list[str]:
    with warehouse.connect_published(settings.rooms) as con:
        found = con.execute("select offer_code from mart.education_offer").fetchall()
    return [code for (code,) in found]


_LABELS: dict[str, Any] = {
    "need_id": "behov",
    "submission": "innsending",
    "form": "skjema",
    "round": "runde",
    "received_on": "kom",
    "late": "for sent",
    "withdrawn": "trukket",
    "source_kind": "slag",
    "organisation": "fra",
    "orgnr": "organisasjonsnummer",
    "region_code": "region",
    "municipality_code": "kommune",
    "occupation_code": "yrke",
    "programme_area_code": "programområde",
    "industry_code": "næring",
    "size_class": "størrelse",
    "level": "nivå",
    "persons": "antall",
    "wanted_year": "trengs i",
    "priority": "prioritet",
    "proposed_measure": "foreslått tiltak",
    "competence": "kompetanse",
    "barrier": "hindring",
    "state": "tilstand",
    "verdict": "svar",
    "where": "sted",
    "what": "gjelder",
    "decided_on": "bestemt",
    "body": "instans",
    "offer_code": "tilbud",
    "started_on": "startet",
    "participants": "deltakere",
    "reason": "begrunnelse",
    "by": "bestemt av",
    "subject": "svar til",
    "answered_on": "svart",
    "sent_to": "sendt til",
}
