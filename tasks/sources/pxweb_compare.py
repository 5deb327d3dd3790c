"""What differs between a selection and the table it is made for, and how to mend the entry.

Where a night stops at the first thing that a table does not have, this finds them all, with the
nearest that the table has instead.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from tasks.sources import Deviation
from tasks.sources.pxweb_expressions import expand
from tasks.sources.pxweb_plan import Offer, Selection, VariableSelection

SHOWN = 8
# How alike two names must be before one is taken for the other's new name.
ALIKE = 0.6
TOTAL = re.compile(r"^(i alt|alle|begge|hele|totalt|sum)\b", re.IGNORECASE)


def deviations(
    selection: Selection,
    offered: Sequence[Offer],
    codelists: dict[str, tuple[str, ...]],
    before: Sequence[Offer] | None,
) -> Iterator[Deviation]:
    """Every difference, those that a night refuses first.

    Args:
        selection: The catalogue entry.
        offered: The table's variables today.
        codelists: Codes of each variable that is asked for through a code list.
        before: The variables when the dataset last landed; None where it never did.
    """
    known = {offer.id: offer for offer in offered}
    missing = [name for name in selection.variables if name not in known]
    # What the table demands and the entry lacks is first taken for the new name of what it lost.
    spare = [offer.id for offer in offered if offer.id not in selection.variables]
    renamed = {name: _alike(name, spare) for name in missing}
    for name in missing:
        yield _no_variable(name, renamed[name], offered)
    for offer in offered:
        if offer.required and offer.id in spare and offer.id not in renamed.values():
            yield _not_asked(offer)
    for name, wanted in selection.variables.items():
        if name in known and not (wanted.codelist and name not in codelists):
            yield from _values(known[name], wanted, codelists.get(name))
    if before is not None:
        yield from _since(selection, offered, before)


def _no_variable(name: str, instead: str | None, offered: Sequence[Offer]) -> Deviation:
    if instead:
        remedy = f"skriv variables.{instead} i stedet for variables.{name}, og rett navnet i SQL-en"
    else:
        remedy = f"fjern variables.{name}, eller finn tabellen som har tatt over"
    return Deviation(
        expected=f"variabelen «{name}»",
        got=f"variablene {', '.join(offer.id for offer in offered)}",
        remedy=remedy,
    )


def _not_asked(offer: Offer) -> Deviation:
    totals = [
        code for code, label in zip(offer.codes, offer.labels, strict=True) if TOTAL.match(label)
    ]
    value = totals[0] if len(totals) == 1 else "*"
    return Deviation(
        expected=f"utvalg for «{offer.id}», som ikke kan utelates",
        got=f"ingen; den har {_shown(offer.codes, offer.labels)}",
        remedy=f'legg til variables.{offer.id}.values = ["{value}"], og se på grain i SQL-en',
    )


def _values(
    offer: Offer, wanted: VariableSelection, codelist: tuple[str, ...] | None
) -> Iterator[Deviation]:
    codes, labels = (offer.codes, offer.labels) if codelist is None else (codelist, codelist)
    lost = [v for v in wanted.values if not expand(v, codes, is_time=offer.is_time)]
    if not lost:
        return
    free = [code for code in codes if code not in wanted.values]
    near = {value: difflib.get_close_matches(value, free, n=1, cutoff=ALIKE) for value in lost}
    ways = [f"«{found[0]}» for «{value}»" for value, found in near.items() if found]
    values = f"variables.{offer.id}.values"
    yield Deviation(
        expected=f"{_quoted(lost)} i «{offer.id}»",
        got=_shown(codes, labels),
        remedy=f"rett {values}: trolig {', '.join(ways)}" if ways else f"rett {values}",
    )


def _since(
    selection: Selection, offered: Sequence[Offer], before: Sequence[Offer]
) -> Iterator[Deviation]:
    """What came and went since the dataset last landed; a new period is no news."""
    then = {offer.id: offer for offer in before}
    for offer in offered:
        if offer.id not in then:
            if not offer.required and offer.id not in selection.variables:
                yield _worth_knowing(
                    f"ingen variabel «{offer.id}», som sist",
                    _shown(offer.codes, offer.labels),
                    f"legg til variables.{offer.id} om fordelingen er nyttig; til da summeres den",
                )
        elif offer.id in selection.variables:
            yield from _codes_since(offer, then[offer.id])


def _codes_since(offer: Offer, then: Offer) -> Iterator[Deviation]:
    label = dict(zip((*then.codes, *offer.codes), (*then.labels, *offer.labels), strict=True))
    gone = [code for code in then.codes if code not in set(offer.codes)]
    come = [code for code in offer.codes if code not in set(then.codes)]
    if gone:
        yield _worth_knowing(
            f"{_shown(gone, [label[c] for c in gone])} i «{offer.id}», som sist",
            "ikke lenger i tabellen",
            "se om SQL-en nevner kodene, og om serien har fått et brudd",
        )
    if come and not offer.is_time:
        yield _worth_knowing(
            f"de {len(then.codes)} kodene i «{offer.id}», som sist",
            f"også {_shown(come, [label[c] for c in come])}",
            f"se om variables.{offer.id}.values og SQL-en skal ha dem med",
        )


def _worth_knowing(expected: str, got: str, remedy: str) -> Deviation:
    return Deviation(expected=expected, got=got, remedy=remedy, refuses=False)


def _alike(name: str, others: Sequence[str]) -> str | None:
    found = difflib.get_close_matches(name, others, n=1, cutoff=ALIKE)
    return found[0] if found else None


def _quoted(values: Sequence[str]) -> str:
    more = f" og {len(values) - SHOWN} til" if len(values) > SHOWN else ""
    return ", ".join(f"«{value}»" for value in values[:SHOWN]) + more


def _shown(codes: Sequence[str], labels: Sequence[str]) -> str:
    pairs = list(zip(codes, labels, strict=True))[:SHOWN]
    texts = [code if code == label else f"{code} ({label})" for code, label in pairs]
    more = f" … ({len(codes)} i alt)" if len(codes) > SHOWN else ""
    return ", ".join(texts) + more
