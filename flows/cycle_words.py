"""How a cycle is shown: on Prefect's page, beside its form, and in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeGuard, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tasks import dates
from tasks.cycle import telling, waiting
from tasks.cycle.stages import DONE, TITLES
from tasks.cycle.standing import Standing

# Of many names so many are told in one line.
MOST = 4
LISTED = "Flere skilles med semikolon."


def heading(found: Standing) -> str:
    """One line: which cycle, and how far it has come."""
    state = found.state
    if state.over:
        return f"Årshjulet for {state.cycle.title}: {DONE}."
    place, stages = state.cycle.place(state.stage), state.cycle.stages
    return (
        f"Årshjulet for {state.cycle.title}: trinn {place + 1} av {len(stages)}, "
        f"{TITLES[state.stage]}."
    )


def in_short(found: Standing) -> str:
    """One line for the status of everything: where it is, who is awaited, and what is late."""
    late = [one for one in found.waits if one.late_days]
    who = list(dict.fromkeys(one.what.who for one in found.waits))
    told = f"{heading(found).removesuffix('.')}; venter på {_listed(who) or 'ingen ennå'}"
    if late:
        most = max(one.late_days for one in late)
        names = _listed([f"«{one.what.title}»" for one in late])
        told += f". Over fristen, inntil {most} {'dag' if most == 1 else 'dager'}: {names}"
    return f"{told}."


def _listed(names: list[str]) -> str:
    shown = names if len(names) <= MOST else [*names[: MOST - 1], f"{len(names) - MOST + 1} til"]
    return " og ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def waits(found: Standing) -> list[str]:
    """Who is awaited, what is late, what is missing and what comes next."""
    told = [telling.waiting_line(one) for one in found.waits]
    told += [f"Før trinnet kan avsluttes: {why}." for why in found.missing]
    if found.state.refused:
        told.append(f"Siste skjema ble ikke tatt imot: {found.state.refused}")
    told += [
        f"En linje i journalen har ingen virkning ({dates.day(one.at)}): {one.why}."
        for one in found.state.strays
    ]
    if found.following:
        told.append(
            f"Deretter: {found.following.title} ({found.following.who}), fra "
            f"{dates.day(found.following.opens)}, frist {dates.day(found.following.due)}."
        )
    return told


def moves(found: Standing) -> list[str]:
    """Every time it went back, and why."""
    return [
        f"Tilbake fra {one.source} til {one.target} {dates.day(one.on)}, {one.by}: {one.why}"
        for one in found.state.moves
        if one.back
    ]


def unconfirmed(found: Standing) -> str | None:
    """How many of the dates nobody has confirmed."""
    number = len(waiting.unconfirmed(found.milestones))
    if not number:
        return None
    return (
        f"{number} av {len(found.milestones)} datoer er ikke bekreftet; de står i "
        "data/reference/counties, calendar.toml."
    )


def markdown(found: Standing) -> str:
    """The whole of it, as Prefect's page shows it."""
    blocks = [f"# {heading(found)}"]
    if told := waits(found):
        blocks.append("## Det ventes på\n\n" + "\n".join(f"- {one}" for one in told))
    if told := moves(found):
        blocks.append("## Gått tilbake\n\n" + "\n".join(f"- {one}" for one in told))
    for title, lines in found.sections():
        blocks.append(f"## {title}\n\n" + "\n".join(f"- {one}" for one in lines))
    if text := unconfirmed(found):
        blocks.append(text)
    return "\n\n".join(blocks)


def request(found: Standing) -> str:
    """What stands above the form."""
    lines = [f"**{heading(found)}**", *waits(found)]
    lines.append(f"Det som kan føres nå: {', '.join(found.possible)}.")
    return "\n\n".join(lines)


def field_told(field: FieldInfo) -> str:
    """What a field is, the values that it may have where they are given, and how many are given."""
    inside = list(_inside(field.annotation))
    values = [str(v) for one in inside if get_origin(one) is Literal for v in get_args(one)]
    chosen = f"Velg blant {', '.join(values)}." if values else ""
    is_list = get_origin(field.annotation) is tuple and not any(map(_is_part, inside))
    return " ".join(filter(None, (field.description, chosen, LISTED if is_list else "")))


def parts_of(kind: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel], bool]]:
    """Fields of an act that have fields of their own: name, what they are, and whether many."""
    for name, field in kind.model_fields.items():
        for one in _inside(field.annotation):
            if _is_part(one):
                yield name, one, get_origin(field.annotation) is tuple


def _inside(annotation: Any) -> Iterator[Any]:
    """An annotation and what it is made of: of `tuple[X, ...] | None`, X among others."""
    yield annotation
    if get_origin(annotation) is not Literal:
        for one in get_args(annotation):
            yield from _inside(one)


def _is_part(annotation: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
