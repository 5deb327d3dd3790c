"""What the statistics committee says of the indicators: comments, releases and corrections.

A knowledge base is named by its year. Members comment on an indicator and sign; when every
indicator with figures has a comment, the base is released, and the figures that were released are
journalled as they stood. A figure that a source changes afterwards is corrected by a person, with a
reason, and what was released is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import polars as pl

from tasks.errors import NotFound, WrongUse
from tasks.forms import personal, tables
from tasks.journal import Entry, Journal
from tasks.settings import oslo_date

COMMENT, RELEASE, CORRECTION = "indicator.comment", "indicator.release", "indicator.correction"
_KEY = ["indicator_code", "area_code", "year"]
# Figures are percentages with at most a few decimals; a smaller difference is of binary fractions.
TOLERANCE = 1e-9

# Grain: one row per base × indicator × organisation: its newest comment. Key: those three.
COMMENTED: dict[str, type[pl.DataType]] = {
    "base": pl.Int16,
    "indicator_code": pl.String,
    "organisation_code": pl.String,
    "comment": pl.String,
    "signed_by": pl.String,
    "signed_on": pl.Date,
}
# Grain: one row per figure as it was released. Key: base, indicator_code, area_code, year.
RELEASED: dict[str, type[pl.DataType]] = {
    "base": pl.Int16,
    "indicator_code": pl.String,
    "area_code": pl.String,
    "year": pl.Int16,
    "value": pl.Float64,
    "released_on": pl.Date,
    "released_by": pl.String,
}
# Grain: one row per corrected figure and correction. Key: base, indicator, area, year, correction.
CORRECTED: dict[str, type[pl.DataType]] = {
    "base": pl.Int16,
    "indicator_code": pl.String,
    "area_code": pl.String,
    "year": pl.Int16,
    "correction": pl.Int32,
    "old_value": pl.Float64,
    "new_value": pl.Float64,
    "reason": pl.String,
    "corrected_on": pl.Date,
    "corrected_by": pl.String,
}


def comment(
    journal: Journal,
    indicators: Mapping[str, str],
    members: Mapping[str, str],
    *,
    base: int,
    indicator: str,
    organisation: str,
    signed_by: str,
    text: str,
) -> None:
    """Journal a signed comment; a later one of the same organisation takes its place.

    Args:
        journal: Where it is appended.
        indicators: Name of every indicator by code.
        members: Name of every organisation of the committee by code.
        base: Year of the knowledge base.
        indicator: Code of the indicator.
        organisation: Code of the organisation that signs.
        signed_by: Who signs, as it shall stand beside the figures.
        text: The comment.

    Raises:
        NotFound: no such indicator or organisation.
        WrongUse: an empty text or signature, or a base that is released already.
    """
    _known(
        "en kjent indikator", indicator, indicators, "«tilbudsplan indicators list» viser kodene"
    )
    _known(
        "et kjent medlem av statistikkomiteen",
        organisation,
        members,
        "medlemmene står i data/reference/committee_member.csv",
    )
    for what, value in (("en kommentar (--text)", text), ("en underskrift (--by)", signed_by)):
        if not value.strip():
            raise WrongUse(subject=indicator, expected=what, got="ingenting", remedy="legg det til")
    if found := personal.found(text):
        raise WrongUse(
            subject=indicator,
            expected="tekst uten opplysninger om enkeltpersoner",
            got=found,
            remedy="ta det ut; andre leser kommentaren",
        )
    if _release_of(journal.entries(), base):
        raise WrongUse(
            subject=f"kunnskapsgrunnlaget {base}",
            expected="et som ikke er frigitt",
            got="et frigitt; kommentarene der står",
            remedy="kommenter neste års grunnlag (--base), eller rett et tall med "
            "«tilbudsplan indicators correct»",
        )
    journal.append(
        COMMENT,
        {
            "base": base,
            "indicator_code": indicator,
            "organisation_code": organisation,
            "comment": text.strip(),
            "signed_by": signed_by.strip(),
        },
    )


def release(
    journal: Journal, figures: pl.DataFrame, *, base: int, released_by: str, as_of: str
) -> int:
    """Journal the figures of a knowledge base as they stand, and that they are released.

    Args:
        journal: Where it is appended.
        figures: indicator_code, area_code, year, value: what is released.
        base: Year of the knowledge base.
        released_by: Who releases, for the committee.
        as_of: Date of the night that the figures are of (ISO).

    Returns:
        The number of figures.

    Raises:
        WrongUse: there are no figures, the base is released already, or an indicator with figures
            has no comment.
    """
    entries = journal.entries()
    subject = f"kunnskapsgrunnlaget {base}"
    if _release_of(entries, base):
        raise WrongUse(
            subject=subject,
            expected="et som ikke er frigitt",
            got="et frigitt",
            remedy="rett enkelttall med «tilbudsplan indicators correct»",
        )
    known = figures.filter(pl.col("value").is_not_null()).select(*_KEY, "value").sort(_KEY)
    commented = {e.payload["indicator_code"] for e in _of(entries, COMMENT, base)}
    silent = sorted(set(known["indicator_code"]) - commented)
    if known.is_empty() or silent:
        raise WrongUse(
            subject=subject,
            expected="tall, og en signert kommentar til hver indikator som har tall",
            got=f"ingen kommentar til {', '.join(silent)}" if silent else "ingen tall",
            remedy="skriv dem med «tilbudsplan indicators comment»"
            if silent
            else "kjør natten først med «tilbudsplan ingest»",
        )
    journal.append(
        RELEASE,
        {
            "base": base,
            "released_by": released_by,
            "figures_as_of": as_of,
            # A list a column: a line of the journal then repeats no names.
            "figures": known.to_dict(as_series=False),
        },
    )
    return known.height


def correct(
    journal: Journal,
    figures: pl.DataFrame,
    *,
    base: int,
    indicator: str,
    reason: str,
    corrected_by: str,
    area: str | None = None,
    year: int | None = None,
) -> pl.DataFrame:
    """Journal that released figures are corrected to what the sources say now.

    Args:
        journal: Where it is appended.
        figures: indicator_code, area_code, year, value, as they stand now.
        base: Year of the released knowledge base.
        indicator: Code of the indicator.
        reason: Why; it stands beside the figure.
        corrected_by: Who decides it.
        area: Only the figures of this area.
        year: Only the figures of this year.

    Returns:
        What was corrected: area_code, year, old_value, new_value.

    Raises:
        NotFound: no such indicator or area.
        WrongUse: the base is not released, there is no reason, or nothing differs.
    """
    entries = journal.entries()
    known = dict.fromkeys(figures["indicator_code"], "")
    _known("en indikator med tall", indicator, known, "«tilbudsplan indicators list» viser dem")
    if area is not None:
        areas = dict.fromkeys(figures["area_code"], "")
        _known("en områdekode", area, areas, "kodene står i tabellen mart.area")
    subject = f"{indicator}, kunnskapsgrunnlaget {base}"
    if not _release_of(entries, base):
        raise WrongUse(
            subject=subject,
            expected="et frigitt grunnlag",
            got="et som ikke er frigitt: der følger tallene kildene",
            remedy="frigi det med «tilbudsplan indicators release», eller velg --base",
        )
    if not reason.strip():
        raise WrongUse(
            subject=subject,
            expected="en begrunnelse (--reason)",
            got="ingen",
            remedy="legg den til",
        )
    changed = deviations(entries, figures, base).filter(pl.col("indicator_code") == indicator)
    if area is not None:
        changed = changed.filter(pl.col("area_code") == area)
    if year is not None:
        changed = changed.filter(pl.col("year") == year)
    if changed.is_empty():
        raise WrongUse(
            subject=subject,
            expected="frigitte tall som avviker fra det kildene sier nå",
            got="ingen",
            remedy="«tilbudsplan indicators list» viser hvilke tall som avviker",
        )
    told = changed.select("area_code", "year", "old_value", "new_value")
    journal.append(
        CORRECTION,
        {
            "base": base,
            "indicator_code": indicator,
            "reason": reason.strip(),
            "corrected_by": corrected_by,
            "figures": told.to_dict(as_series=False),
        },
    )
    return told


def deviations(entries: Iterable[Entry], figures: pl.DataFrame, base: int) -> pl.DataFrame:
    """Released figures of a base that the sources now say something else of.

    Returns:
        indicator_code, area_code, year, old_value (released, or corrected to), new_value; a figure
        that is gone is no correction and is left out.
    """
    told = frames(entries)
    standing = (
        pl.concat(
            [
                told["indicator_released"].select(*_KEY, "base", "value", correction=pl.lit(0)),
                told["indicator_correction"].select(
                    *_KEY, "base", "correction", value=pl.col("new_value")
                ),
            ],
            how="diagonal_relaxed",
        )
        .filter(pl.col("base") == base)
        .sort("correction")
        .unique(_KEY, keep="last", maintain_order=True)
    )
    now = figures.select(*_KEY, new_value=pl.col("value")).with_columns(
        pl.col("year").cast(pl.Int16)
    )
    return (
        standing.rename({"value": "old_value"})
        .join(now, on=_KEY)
        .filter((pl.col("new_value") - pl.col("old_value")).abs() > TOLERANCE)
        .select(*_KEY, "old_value", "new_value")
        .sort(_KEY)
    )


def frames(entries: Iterable[Entry]) -> dict[str, pl.DataFrame]:
    """The tables `indicator_comment`, `indicator_released` and `indicator_correction`."""
    comments: dict[tuple[Any, ...], dict[str, Any]] = {}
    released = [pl.DataFrame(schema=RELEASED)]
    corrected = [pl.DataFrame(schema=CORRECTED)]
    number: dict[tuple[int, str], int] = {}
    for entry in entries:
        told, on = entry.payload, oslo_date(entry.at)
        if entry.kind == COMMENT:
            key = (told["base"], told["indicator_code"], told["organisation_code"])
            comments[key] = {**told, "signed_on": on}
        elif entry.kind == RELEASE:
            released.append(_figures(told, RELEASED, released_on=on))
        elif entry.kind == CORRECTION:
            of = (told["base"], told["indicator_code"])
            number[of] = number.get(of, 0) + 1
            corrected.append(_figures(told, CORRECTED, corrected_on=on, correction=number[of]))
    return {
        "indicator_comment": tables.frame(comments.values(), COMMENTED),
        "indicator_released": pl.concat(released).sort(pl.all()),
        "indicator_correction": pl.concat(corrected).sort(pl.all()),
    }


def _figures(
    told: Mapping[str, Any], schema: Mapping[str, type[pl.DataType]], **more: object
) -> pl.DataFrame:
    """The figures of one entry as rows, each with what the entry says of all of them."""
    figures = pl.DataFrame(told["figures"])
    said = {**told, **more}
    columns = [
        pl.col(name) if name in figures.columns else pl.lit(said.get(name)).alias(name)
        for name in schema
    ]
    return figures.select(columns).cast(pl.Schema(schema))


def _of(entries: Sequence[Entry], kind: str, base: int) -> list[Entry]:
    return [entry for entry in entries if entry.kind == kind and entry.payload["base"] == base]


def _release_of(entries: Sequence[Entry], base: int) -> Entry | None:
    found = _of(entries, RELEASE, base)
    return found[0] if found else None


def _known(what: str, got: str, known: Mapping[str, str], where: str) -> None:
    if got not in known:
        near = get_close_matches(got, known, n=1)
        guess = f"mente du «{near[0]}»? " if near else ""
        raise NotFound(subject=got, expected=what, got="et ukjent navn", remedy=f"{guess}{where}")
