"""Which school and programme areas a planner means, by code, name or a part of the name."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence

from tasks.errors import NotFound, TilbudsplanError, WrongUse
from tasks.places import words
from tasks.places.types import Problem

# Names that are shown of what may have been meant.
SHOWN = 12
# How alike a name must be to be one of them.
ALIKE = 0.7


def school(problem: Problem, said: str) -> str:
    """The organisation number of one of the county's own schools.

    Raises:
        NotFound: None is called that; those that are alike are named.
        WrongUse: Several are, or the school is not the county's.
    """
    own = dict(zip(problem.own.school, problem.own.name, strict=True))
    found = _called(said, own)
    if len(found) > 1:
        raise _several("skole", said, [own[s] for s in found])
    if found:
        return found[0]
    others = dict(zip(problem.others.school, problem.others.name, strict=True))
    if given := _called(said, others):
        raise WrongUse(
            subject="skole",
            expected="en av fylkeskommunens egne skoler, som planen bestemmer klassene til",
            got=f"{others[given[0]]}, som er en annens: plassene der er gitt",
            remedy="velg en av fylkeskommunens skoler",
        )
    raise _unknown("skole", "navnet på en av fylkeskommunens skoler", said, own.values())


def areas(problem: Problem, programmes: Mapping[str, str], said: str, level: int) -> list[str]:
    """Codes of the programme areas of a level: of a programme all, of an area itself.

    Args:
        problem: What was decided.
        programmes: Names of programmes, by code.
        said: Code or name of a programme or a programme area, or a part of the name.
        level: 1, 2 or 3.

    Raises:
        NotFound: None is called that at the level; those that are alike are named.
    """
    mine = [n for n, at in enumerate(problem.level) if at == level]
    by_programme = {problem.programme[n]: programmes.get(problem.programme[n], "") for n in mine}
    by_area = {problem.areas[n]: problem.area_names[n] for n in mine}
    whole = _called(said, by_programme, parts=False)
    part = _called(said, by_area) if not whole else []
    whole = whole or ([] if part else _called(said, by_programme))
    found = part or [problem.areas[n] for n in mine if problem.programme[n] in whole]
    if found:
        return found
    every = dict(zip(problem.areas, problem.area_names, strict=True))
    if elsewhere := _called(said, every):
        at = [int(problem.level[problem.areas.index(a)]) for a in elsewhere]
        named = words.listed(f"{every[a]} på vg{n}" for a, n in zip(elsewhere, at, strict=True))
        raise NotFound(
            subject="programområde",
            expected=f"et programområde på vg{level}",
            got=f"{said}, som passer med {named}",
            remedy="skriv nivået som programområdet er på",
        )
    raise _unknown(
        "programområde",
        f"kode eller navn på et program eller programområde på vg{level} som er i anslagene",
        said,
        [*by_programme.values(), *by_area.values()],
    )


def one_area(problem: Problem, found: Sequence[str], said: str) -> str:
    """The only programme area of those that fit.

    Raises:
        WrongUse: Several fit.
    """
    if len(found) > 1:
        raise _several(
            "programområde", said, [problem.area_names[problem.areas.index(a)] for a in found]
        )
    return found[0]


def _called(said: str, names: Mapping[str, str], *, parts: bool = True) -> list[str]:
    """Codes of those that have it as code; otherwise as name; otherwise as a part of the name."""
    wanted = _folded(said)
    if not wanted:
        return []
    code = [c for c in names if _folded(c) == wanted]
    name = [c for c, n in names.items() if _folded(n) == wanted]
    part = [c for c, n in names.items() if parts and wanted in _folded(n)]
    return code or name or part


def _folded(text: str) -> str:
    """Without what a planner leaves out or puts in: capitals, hyphens and double spaces."""
    return " ".join(text.replace("-", "").split()).casefold()


def _several(what: str, said: str, names: Iterable[str]) -> WrongUse:
    return WrongUse(
        subject=what,
        expected="én, og bare én",
        got=f"«{said}», som passer med {_shown(names)}",
        remedy="skriv mer av navnet, eller koden",
    )


def _unknown(what: str, expected: str, said: str, names: Collection[str]) -> TilbudsplanError:
    # A school is missed by a letter in its own name, not in what all of them are called.
    by_word = {w: n for n in names for w in (n.casefold(), *n.casefold().split()) if n}
    near = difflib.get_close_matches(said.casefold(), by_word, SHOWN, ALIKE)
    meant = _shown([by_word[w] for w in near] or sorted(names))
    return NotFound(
        subject=what,
        expected=expected,
        got=said.strip() or "ingenting",
        remedy=f"velg blant {meant}",
    )


def _shown(names: Iterable[str]) -> str:
    every = list(dict.fromkeys(names))
    more = len(every) - SHOWN
    return ", ".join(every[:SHOWN]) + (f" og {more} til" if more > 0 else "")
